"""The rows for LMI's newest containers, with the tokens of DJL Serving's own tests."""

from typing import Any

import orjson
import pytest

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.request import Wire
from dragoman.platforms.lmi.responses import shape_of
from tests.platforms.lmi.generation.completions import (
    DONE,
    NEWEST,
    PROMPT,
    TOKENS,
    choice,
    completion,
    event,
    lines,
    request,
    streamed,
)
from tests.platforms.lmi.generation.recorded import NUMBERED, PREFILL

Json = dict[str, Any]

TOLD = [{"id": id_, "text": text, "logprob": value} for id_, text, value in TOKENS]
NOTHING = {"generated_text": None, "details": None}
ANSWER = completion(choice(TOKENS, end="length"))
STREAM = [*(event(choice([token])) for token in TOKENS[:2]), event(choice(TOKENS[2:], end="length")), event(), DONE]
DETAILS = {"finish_reason": "length", "generated_tokens": 3, "seed": 42, "prefill": [], "tokens": TOLD}
LAST_DETAILS = {"finish_reason": "length", "seed": 42, "generated_tokens": 3, "input_length": 5}


@pytest.mark.parametrize(
    ("how", "result"),
    [
        ({}, {"generated_text": "Hello world"}),
        ({"details": True}, {"generated_text": "Hello world", "details": {**DETAILS, "seed": None}}),
        ({"details": True, "seed": 42}, {"generated_text": "Hello world", "details": DETAILS}),
        ({"full_text": True}, {"generated_text": "This is a wonderful dayHello world"}),
        ({"sequences": 2}, {"generated_text": "Hello world"}),
    ],
)
def test_a_whole_answer(how: Json, result: Json) -> None:
    said = shape_of(request(**how), NEWEST, {}).whole(ANSWER)
    assert orjson.loads(said) == result
    assert said.endswith(b"}\n")


@pytest.mark.parametrize(
    ("how", "last"),
    [
        ({}, {"generated_text": "Hello world", "details": None}),
        ({"full_text": True}, {"generated_text": "This is a wonderful dayHello world", "details": None}),
        ({"details": True, "seed": 42}, {"generated_text": "Hello world", "details": LAST_DETAILS}),
    ],
)
def test_a_stream(how: Json, last: Json) -> None:
    said = lines(shape_of(request(wire=Wire.LINES, **how), NEWEST, {}), STREAM)
    heads = [{"index": 0, "token": token} for token in TOLD]
    assert said == [heads[0] | NOTHING, heads[1] | NOTHING, heads[2] | last]


def test_no_line_is_empty() -> None:
    said = streamed(shape_of(request(wire=Wire.LINES), NEWEST, {}), STREAM)
    assert b"" not in said.removesuffix(b"\n").split(b"\n")


def test_an_end_without_a_token_is_told_with_the_id_minus_one() -> None:
    shape = shape_of(request(wire=Wire.LINES), NEWEST, {})
    *_, last = lines(shape, [event(choice(TOKENS)), event(choice(end="length"))])
    assert last["token"] == {"id": -1, "text": "", "logprob": None}
    assert last["generated_text"] == "Hello world"


def test_several_sequences_are_told_in_details_as_tgi_tells_them() -> None:
    answer = completion(choice(TOKENS, end="length"), choice(TOKENS[:1], end="stop", by="\n", index=1))
    details = orjson.loads(shape_of(request(sequences=2, details=True), NEWEST, {}).whole(answer))["details"]
    assert details["best_of_sequences"] == [
        {
            "finish_reason": "stop_sequence",
            "generated_tokens": 1,
            "seed": None,
            "prefill": [],
            "tokens": TOLD[:1],
            "generated_text": "He",
        }
    ]


def test_the_prompts_tokens_are_told_but_the_first() -> None:
    details = orjson.loads(shape_of(request(details=True, prefill=True), NEWEST, {}).whole(PREFILL))["details"]
    assert details["prefill"] == [
        {"id": 80, "text": "n", "logprob": -12.17},
        {"id": 328, "text": "ce", "logprob": -18.04},
    ]


VOCABULARY = {554: "Hello", 923: "Bye", 3: "!"}
HELLO = {"id": 554, "text": "Hello", "logprob": -1.5}
BYE = {"id": 923, "text": "Bye", "logprob": -0.5}
MARK = {"id": 3, "text": "!", "logprob": 0.0}


def test_the_likeliest_tokens_are_told_in_details() -> None:
    shape = shape_of(request(details=True, top_tokens=1), NEWEST, VOCABULARY)
    details = orjson.loads(shape.whole(NUMBERED))["details"]
    assert (details["tokens"], details["top_tokens"]) == ([HELLO, MARK], [[BYE], [MARK]])


def test_a_stream_tells_the_likeliest_tokens_with_each() -> None:
    shape = shape_of(request(wire=Wire.LINES, top_tokens=1), NEWEST, VOCABULARY)
    first, last = lines(shape, [event(*NUMBERED["choices"])])
    assert first == {"index": 0, "token": HELLO, "top_tokens": [BYE]} | NOTHING
    assert last == {"index": 0, "token": MARK, "top_tokens": [MARK], "generated_text": "Hello!", "details": None}


def test_the_whole_prompt_stands_before_a_streams_text_only_at_its_end() -> None:
    said = lines(shape_of(request(wire=Wire.LINES, full_text=True), NEWEST, {}), STREAM)
    assert "".join(line["token"]["text"] for line in said) == said[-1]["generated_text"].removeprefix(PROMPT)


@pytest.mark.parametrize(
    ("code", "kind"), [(424, "BadRequestError"), (400, "BadRequestError"), (500, "InternalServerError")]
)
def test_a_stream_that_breaks_off_ends_with_the_error(code: int, kind: str) -> None:
    error = {"error": {"message": "No.", "type": kind, "param": None, "code": code}}
    told = shape_of(request(wire=Wire.LINES), NEWEST, {}).failure(HandlerError("No.", code))
    assert told == orjson.dumps(error) + b"\n"
    told = shape_of(request(wire=Wire.EVENTS), NEWEST, {}).failure(HandlerError("No.", code))
    assert told == b"data: " + orjson.dumps(error) + b"\n\n"


def test_a_prompt_that_the_engine_does_not_tell_is_left_out() -> None:
    details = orjson.loads(shape_of(request(details=True, prefill=True), NEWEST, {}).whole(ANSWER))["details"]
    assert "prefill" not in details
