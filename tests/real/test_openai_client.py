"""The official openai client against the served model."""

import json

import openai
import pytest
from pydantic import BaseModel

from tests.real.test_bundled_model import MODEL, WEATHER, user


class Person(BaseModel):
    name: str
    age: int


def test_lists_the_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]


def test_chat_reports_usage(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=[user("Hello")])

    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_chat_streams_piece_by_piece(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=[user("Count to 9")], stream=True, stream_options={"include_usage": True}
    )

    chunks = list(stream)

    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert "".join(pieces) == "1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert len(pieces) > 9
    assert chunks[-1].usage is not None


def test_chat_streams_a_tool_call(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=[user("What is the weather in Oslo?")], tools=[WEATHER], stream=True
    )

    calls = [call for chunk in stream if chunk.choices for call in chunk.choices[0].delta.tool_calls or []]

    functions = [call.function for call in calls if call.function]
    assert next(function.name for function in functions if function.name) == "get_weather"
    assert json.loads("".join(function.arguments or "" for function in functions)) == {"city": "Oslo"}


def test_chat_parses_a_structured_output(client: openai.OpenAI) -> None:
    completion = client.chat.completions.parse(
        model=MODEL, messages=[user("Answer in JSON: name Ben and age 31")], response_format=Person
    )

    assert completion.choices[0].message.parsed == Person(name="Ben", age=31)


def test_completions(client: openai.OpenAI) -> None:
    prompt = "<|im_start|>user\nWhat is 2 + 3?<|im_end|>\n<|im_start|>assistant\n"

    completion = client.completions.create(model=MODEL, prompt=prompt, max_tokens=5)

    assert completion.choices[0].text == "5"


def test_completions_stream(client: openai.OpenAI) -> None:
    prompt = "<|im_start|>user\nSay: one two three<|im_end|>\n<|im_start|>assistant\n"

    stream = client.completions.create(model=MODEL, prompt=prompt, max_tokens=20, stream=True)

    assert "".join(chunk.choices[0].text for chunk in stream) == "one two three"


def test_responses(client: openai.OpenAI) -> None:
    response = client.responses.create(model=MODEL, input="Hello")

    assert response.output_text == "Hello! How can I help you?"


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no-such-model"):
        client.chat.completions.create(model="no-such-model", messages=[user("Hello")])


def test_a_wrong_parameter_is_a_bad_request_that_names_it(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="temperature"):
        client.chat.completions.create(model=MODEL, messages=[user("Hello")], temperature=-1)


def test_a_prompt_beyond_the_context_is_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="4096"):
        client.chat.completions.create(model=MODEL, messages=[user("word " * 5000)])
