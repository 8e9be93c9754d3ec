from itertools import islice

from dragoman.models.corpus import CITIES, SKILLS, conversations, tool


def test_the_same_seed_makes_the_same_conversations() -> None:
    assert list(islice(conversations(7), 50)) == list(islice(conversations(7), 50))


def test_another_seed_makes_others() -> None:
    assert list(islice(conversations(7), 50)) != list(islice(conversations(8), 50))


def test_every_conversation_ends_with_what_the_assistant_is_to_learn() -> None:
    for _, messages in islice(conversations(1), 500):
        assert messages[-1]["role"] == "assistant"
        assert messages[-1]["content"] or messages[-1]["tool_calls"]


def test_a_called_tool_is_one_that_was_offered() -> None:
    called = 0
    for tools, messages in islice(conversations(2), 500):
        offered = {each["function"]["name"] for each in tools}
        calls = [call for message in messages for call in message.get("tool_calls", [])]
        assert {call["function"]["name"] for call in calls} <= offered
        called += len(calls)
    assert called > 50


def test_tools_are_as_openai_has_them() -> None:
    assert tool("get_weather", ("city",), "Get the weather") == {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }


def test_the_skills_are_shares_of_a_whole() -> None:
    assert round(sum(weight for weight, _ in SKILLS), 9) == 1
    assert len(set(CITIES)) == len(CITIES)
