"""The rows for Bedrock's schema, with the tokens of DJL Serving's own tests."""

from typing import Any

import orjson
import pytest

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.bedrock import BedrockAnswers, parameters_of, streams
from dragoman.platforms.lmi.generation.payloads import PayloadError
from dragoman.platforms.lmi.generation.request import Wire
from tests.platforms.lmi.generation.completions import DONE, EOS, TOKENS, choice, completion, lines, sse

Json = dict[str, Any]

DEFAULTS = {"temperature": 0.5, "top_p": 0.9, "max_new_tokens": 512}


@pytest.mark.parametrize(
    ("content", "parameters"),
    [
        ({}, {}),
        ({"max_gen_len": 5, "temperature": 0, "top_p": 0.1}, {"max_new_tokens": 5, "temperature": 0, "top_p": 0.1}),
        ({"max_gen_len": None}, {}),
        ({"max_new_tokens": 5, "parameters": {"top_p": 1}}, {}),
    ],
)
def test_parameters_stand_beside_the_prompt(content: dict[str, Any], parameters: dict[str, Any]) -> None:
    assert parameters_of({"prompt": "Hi", **content}) == DEFAULTS | parameters


@pytest.mark.parametrize(
    ("name", "says"), [("max_gen_len", "an integer"), ("temperature", "a number"), ("top_p", "a number")]
)
def test_a_wrong_type_is_refused_by_bedrocks_name(name: str, says: str) -> None:
    with pytest.raises(PayloadError, match=f"^{name} must be {says}, not a string.$"):
        parameters_of({"prompt": "Hi", name: "much"})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"x-amzn-sagemaker-forwarded-api": "InvokeEndpoint"}, False),
        ({"x-amzn-sagemaker-forwarded-api": "InvokeEndpointWithResponseStream"}, True),
    ],
)
def test_sagemaker_says_whether_it_streams(headers: dict[str, str], expected: bool) -> None:
    assert streams(headers) is expected


def counted(generated: int, *choices: Json) -> Json:
    return completion(*choices) | {"usage": {"prompt_tokens": 5, "completion_tokens": generated}}


def test_a_whole_answer() -> None:
    answer = counted(4, choice([*TOKENS, EOS], "Hello world", "length"))
    assert orjson.loads(BedrockAnswers(Wire.JSON).whole(answer)) == {
        "body": {
            "generation": "Hello world",
            "prompt_token_count": 5,
            "generation_token_count": 4,
            "stop_reason": "length",
        },
        "metering": {"inputTokenCount": 5, "outputTokenCount": 4},
        "content_type": "application/json",
    }


def test_a_stream_counts_as_it_goes() -> None:
    events = [counted(1, choice(TOKENS[:1])), counted(2, choice(TOKENS[1:2], end="stop")), counted(2)]
    first, last = lines(BedrockAnswers(Wire.LINES), [*map(sse, events), DONE])
    assert first == {
        "body": {"generation": "He", "prompt_token_count": 5, "generation_token_count": 1, "stop_reason": None},
        "metering": {"inputTokenCount": 5, "outputTokenCount": 1},
        "content_type": "application/jsonlines",
    }
    assert last == {
        "body": {
            "generation": "llo",
            "prompt_token_count": None,
            "generation_token_count": 2,
            "stop_reason": "eos_token",
        },
        "metering": {"outputTokenCount": 2},
        "content_type": "application/jsonlines",
    }


def test_a_stream_that_breaks_off_ends_with_the_error() -> None:
    shape = BedrockAnswers(Wire.LINES)
    assert shape.failure(HandlerError("No.")) == b'{"error":"No.","code":424}\n'
    assert shape.end() == b""
