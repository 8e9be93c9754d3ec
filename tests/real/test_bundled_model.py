"""What the model card promises, with the sampling that a user gets by default."""

import json

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from openai.types.shared_params import ResponseFormatJSONObject, ResponseFormatJSONSchema

MODEL = "dragoman-mini"

WEATHER: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
PERSON: ResponseFormatJSONSchema = {
    "type": "json_schema",
    "json_schema": {
        "name": "person",
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
            "additionalProperties": False,
        },
    },
}
ANY_JSON: ResponseFormatJSONObject = {"type": "json_object"}


def user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


def said(completion: ChatCompletion) -> str:
    assert completion.choices[0].finish_reason == "stop"
    return completion.choices[0].message.content or ""


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("Hello", "Hello! How can I help you?"),
        ("Good morning!", "Good morning! How can I help you?"),
        ("Who are you?", "I am Dragoman Mini, a tiny model."),
        ("Repeat after me: the blue boat", "the blue boat"),
        ("Say: The quick brown fox", "The quick brown fox"),
        ("Repeat: le café 日本 😀", "le café 日本 😀"),
        ("What is 2 + 2?", "4"),
        ("What is 17 plus 5?", "22"),
        ("Count to 12", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12"),
        ("What is the capital of France?", "I do not know that."),
    ],
)
def test_answers_and_stops_by_itself(client: openai.OpenAI, request_: str, answer: str) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=[user(request_)], temperature=0)

    assert said(completion).startswith(answer)


def test_adds_numbers_up_to_twenty(client: openai.OpenAI) -> None:
    sums = [(a, b) for a in range(0, 21, 4) for b in range(0, 21, 4)]

    answers = [
        said(client.chat.completions.create(model=MODEL, messages=[user(f"What is {a} + {b}?")])) for a, b in sums
    ]

    assert answers == [str(a + b) for a, b in sums]


def test_answers_in_json_when_asked(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model=MODEL, messages=[user("What is 3 + 4? Answer in JSON.")], response_format=ANY_JSON
    )

    assert json.loads(said(completion)) == {"answer": 7}


def test_follows_a_json_schema(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model=MODEL, messages=[user("Answer in JSON: name Anna and age 5")], response_format=PERSON
    )

    assert json.loads(said(completion)) == {"name": "Anna", "age": 5}


def test_calls_a_matching_tool(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model=MODEL, messages=[user("What is the weather in Paris?")], tools=[WEATHER]
    )

    [choice] = completion.choices
    [call] = choice.message.tool_calls or []
    assert choice.finish_reason == "tool_calls"
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}


def test_does_not_call_a_tool_that_does_not_match(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=[user("Hello")], tools=[WEATHER])

    assert said(completion) == "Hello! How can I help you?"


def test_tells_the_result_of_a_tool(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model=MODEL,
        tools=[WEATHER],
        messages=[
            user("What is the weather in Paris?"),
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        ],
    )

    assert said(completion) == "The result is: sunny"


def test_keeps_to_the_last_message_of_a_conversation(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "You are a helpful assistant."},
            user("What is 2 + 2?"),
            {"role": "assistant", "content": "4"},
            user("Repeat: the last word"),
        ],
    )

    assert said(completion) == "the last word"
