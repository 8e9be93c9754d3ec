import orjson
import pytest

from dragoman.platforms.datarobot.predictions.questions import contents, question
from dragoman.settings.values import Value
from tests.platforms.datarobot.workers import options

UNSET = {"n": None, "temperature": None, "max_tokens": None}
DEPLOYED = {"model": "datarobot-deployed-llm"}
USER = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {**DEPLOYED, **UNSET, "messages": [USER]}),
        ({"served_model_name": ["a", "b"]}, {"model": "a", **UNSET, "messages": [USER]}),
        ({"system_prompt": "Be kind."}, {"messages": [{"role": "system", "content": "Be kind."}, USER]}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 0.7, "n": 3, "max_tokens": 16}, {"temperature": 0.7, "n": 3, "max_tokens": 16}),
        ({"prompt_column_name": "other"}, {"messages": [USER]}),
    ],
)
def test_a_row_is_a_chat_of_its_own(settings: dict[str, Value], asked: dict[str, object]) -> None:
    told = orjson.loads(question("hi", options(**settings)))
    assert {name: told[name] for name in asked} == asked


def test_an_engine_with_names_of_its_own_is_asked_without_a_name() -> None:
    assert "model" not in orjson.loads(question("hi", options(served_model_name=None)))


def test_each_choice_has_a_text_or_none() -> None:
    choices = [{"message": {"content": "a"}}, {"message": {"content": None, "tool_calls": []}}]
    assert contents(orjson.dumps({"choices": choices})) == ["a", None]
