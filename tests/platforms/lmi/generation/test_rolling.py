"""The rows for rolling batch, with the tokens of DJL Serving's own tests."""

from typing import Any

import orjson
import pytest

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.request import Wire
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.responses import shape_of
from tests.platforms.lmi.generation.completions import (
    DONE,
    EOS,
    PROMPT,
    ROLLING,
    TGI,
    TOKENS,
    choice,
    completion,
    event,
    lines,
    request,
    streamed,
)
from tests.platforms.lmi.generation.recorded import BEAM_STREAM, NUMBERED, PREFILL

Json = dict[str, Any]

TOLD = [{"id": id_, "text": text, "log_prob": value} for id_, text, value in TOKENS]
TGI_TOLD = [{"id": id_, "text": text, "logprob": value} for id_, text, value in TOKENS]
SUMMARY = {"finish_reason": "length", "generated_tokens": 3, "inputs": PROMPT}
ANSWER = completion(choice(TOKENS, end="length"))
STREAM = [*(event(choice([token])) for token in TOKENS[:2]), event(choice(TOKENS[2:], end="length")), event(), DONE]


@pytest.mark.parametrize(
    ("how", "options", "result"),
    [
        ({}, ROLLING, {"generated_text": "Hello world"}),
        ({"details": True}, ROLLING, {"generated_text": "Hello world", "details": {**SUMMARY, "tokens": TOLD}}),
        ({"full_text": True}, ROLLING, {"generated_text": "This is a wonderful dayHello world"}),
        ({"wrapped": True}, TGI, [{"generated_text": "Hello world"}]),
        (
            {"wrapped": True, "details": True, "full_text": True},
            TGI,
            [{"generated_text": f"{PROMPT}Hello world", "details": {**SUMMARY, "tokens": TGI_TOLD}}],
        ),
        ({"prompts": ([4, 5, 6, 7, 8],), "full_text": True}, ROLLING, {"generated_text": "Hello world"}),
        (
            {"prompts": ([4, 5, 6, 7, 8],), "details": True},
            ROLLING,
            {"generated_text": "Hello world", "details": {**SUMMARY, "inputs": [4, 5, 6, 7, 8], "tokens": TOLD}},
        ),
    ],
)
def test_a_whole_answer(how: Json, options: Options, result: object) -> None:
    assert orjson.loads(shape_of(request(**how), options, {}).whole(ANSWER)) == result


@pytest.mark.parametrize(
    ("how", "options", "told", "last"),
    [
        ({}, ROLLING, TOLD, {"generated_text": "Hello world"}),
        ({"details": True}, ROLLING, TOLD, {"generated_text": "Hello world", "details": SUMMARY}),
        ({"full_text": True}, ROLLING, TOLD, {"generated_text": "This is a wonderful dayHello world"}),
        ({"details": True}, TGI, TGI_TOLD, {"generated_text": "Hello world", "details": SUMMARY}),
    ],
)
def test_a_stream(how: Json, options: Options, told: list[Json], last: Json) -> None:
    said = lines(shape_of(request(wire=Wire.LINES, **how), options, {}), STREAM)
    assert said == [{"token": told[0]}, {"token": told[1]}, {"token": told[2]} | last]


def test_lines_end_with_a_line_feed_and_none_is_empty() -> None:
    said = streamed(shape_of(request(wire=Wire.LINES), ROLLING, {}), STREAM)
    assert said.endswith(b"}\n")
    assert b"" not in said.removesuffix(b"\n").split(b"\n")


def test_events_are_the_lines_without_an_end_of_their_own() -> None:
    said = streamed(shape_of(request(wire=Wire.EVENTS, details=True), TGI, {}), STREAM)
    events = said.removesuffix(b"\n\n").split(b"\n\n")
    assert [orjson.loads(each.removeprefix(b"data: ")) for each in events] == [
        {"token": TGI_TOLD[0]},
        {"token": TGI_TOLD[1]},
        {"token": TGI_TOLD[2], "generated_text": "Hello world", "details": SUMMARY},
    ]


def test_the_token_that_ends_the_text_counts_and_is_special_to_tgis_clients() -> None:
    answer = completion(choice([*TOKENS, EOS], "Hello world", "stop"))
    details = orjson.loads(shape_of(request(details=True), TGI, {}).whole(answer))["details"]
    assert (details["finish_reason"], details["generated_tokens"]) == ("eos_token", 4)
    assert details["tokens"][-1] == {"id": 2, "text": "", "logprob": -0.01, "special": True}
    plain = orjson.loads(shape_of(request(details=True), ROLLING, {}).whole(answer))["details"]
    assert plain["tokens"][-1] == {"id": 2, "text": "", "log_prob": -0.01}


def test_an_end_without_a_token_is_told_with_the_id_minus_one() -> None:
    shape = shape_of(request(wire=Wire.LINES, details=True), ROLLING, {})
    *_, last = lines(shape, [event(choice(TOKENS)), event(choice(end="length"))])
    assert last == {
        "token": {"id": -1, "text": "", "log_prob": None},
        "generated_text": "Hello world",
        "details": SUMMARY,
    }


def test_several_sequences_are_told_in_details_unasked() -> None:
    answer = completion(choice(TOKENS[:2], end="stop", by="\n"), choice(TOKENS[:1], end="length", index=1))
    assert orjson.loads(shape_of(request(sequences=2, full_text=True), ROLLING, {}).whole(answer)) == {
        "generated_text": f"{PROMPT}Hello",
        "details": {
            "finish_reason": "stop_sequence",
            "generated_tokens": 2,
            "inputs": PROMPT,
            "tokens": TOLD[:2],
            "best_of_sequences": [
                {
                    "finish_reason": "length",
                    "generated_tokens": 1,
                    "tokens": TOLD[:1],
                    "generated_text": f"{PROMPT}He",
                }
            ],
        },
    }


def test_of_more_sequences_than_one_only_the_best_is_streamed() -> None:
    said = lines(shape_of(request(wire=Wire.LINES, sequences=2), ROLLING, {}), BEAM_STREAM)
    assert [line["token"]["text"] for line in said] == [" ", "open", ""]
    assert said[-1]["generated_text"] == " open"


def test_the_prompts_tokens_are_all_told_the_first_without_a_log_probability() -> None:
    shape = shape_of(request(details=True, prefill=True), ROLLING, {49: "O"})
    assert orjson.loads(shape.whole(PREFILL))["details"]["prefill"] == [
        {"id": 49, "text": "O", "log_prob": None},
        {"id": 80, "text": "n", "log_prob": -12.17},
        {"id": 328, "text": "ce", "log_prob": -18.04},
    ]


def test_the_likeliest_tokens_are_told_for_each_token() -> None:
    vocabulary = {554: "Hello", 923: "Bye", 3: "!", 359: "can"}
    details = orjson.loads(shape_of(request(details=True, top_tokens=2), ROLLING, vocabulary).whole(NUMBERED))[
        "details"
    ]
    hello = {"id": 554, "text": "Hello", "log_prob": -1.5}
    mark = {"id": 3, "text": "!", "log_prob": 0.0}
    assert details["tokens"] == [hello, mark]
    assert details["top_tokens"] == [
        [{"id": 923, "text": "Bye", "log_prob": -0.5}, hello],
        [mark, {"id": 359, "text": "can", "log_prob": -18.1875}],
    ]


def test_a_stream_tells_the_likeliest_tokens_at_its_end() -> None:
    shape = shape_of(request(wire=Wire.LINES, details=True, top_tokens=1), ROLLING, {554: "Hello", 923: "Bye", 3: "!"})
    first, last = lines(shape, [event(*NUMBERED["choices"])])
    assert first == {"token": {"id": 554, "text": "Hello", "log_prob": -1.5}}
    assert [[each["text"] for each in ranks] for ranks in last["details"]["top_tokens"]] == [["Bye"], ["!"]]


@pytest.mark.parametrize(
    ("wire", "told"),
    [
        (Wire.LINES, b'{"error":"No.","code":424}\n'),
        (Wire.EVENTS, b'data: {"error":"No.","code":424}\n\n'),
    ],
)
def test_a_stream_that_breaks_off_ends_with_the_error(wire: Wire, told: bytes) -> None:
    assert shape_of(request(wire=wire), ROLLING, {}).failure(HandlerError("No.")) == told


def test_a_prompt_that_the_engine_does_not_tell_is_left_out() -> None:
    answer = completion(choice(TOKENS, end="length"))
    details = orjson.loads(shape_of(request(details=True, prefill=True), ROLLING, {}).whole(answer))["details"]
    assert "prefill" not in details
