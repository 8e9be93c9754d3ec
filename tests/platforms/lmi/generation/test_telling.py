from typing import Any

import pytest

from dragoman.platforms.lmi.generation.search import Search
from dragoman.platforms.lmi.generation.telling import STREAM_WITH_COUNTS, Telling
from tests.platforms.lmi.asking import options

TOKENS = {"logprobs": 0, "return_token_ids": True}
NUMBERED = {"logprobs": 2, "return_token_ids": True, "return_tokens_as_token_ids": True}
PREFILL = {"prompt_logprobs": 0}
STREAM = {"stream": True}
ALL = {"details": True, "decoder_input_details": True}


def told(given: dict[str, Any], rolling: bool, streams: bool = False, tgi_compat: bool = False) -> Telling:
    how = options(rolling_batch="vllm" if rolling else "disable", tgi_compat=tgi_compat)
    return Telling.of(given, Search.of(given), streams, how)


@pytest.mark.parametrize("rolling", [True, False])
@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {}),
        ({"logprobs": 5}, {}),
        ({"top_n_tokens": 2}, {}),
        ({"decoder_input_details": True}, {}),
        ({"prompt_logprobs": 1}, {}),
        ({"details": True}, TOKENS),
        ({"details": True, "logprobs": 5}, TOKENS),
        ({"details": True, "top_n_tokens": 2}, NUMBERED),
        ({"details": True, "top_n_tokens": 0}, TOKENS),
        (ALL, TOKENS | PREFILL),
        ({"details": True, "prompt_logprobs": 1}, TOKENS | PREFILL),
    ],
)
def test_an_answer_asks_for_no_more_than_it_tells(rolling: bool, given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert told(given, rolling).fields() == fields


@pytest.mark.parametrize(
    ("given", "rolling", "fields"),
    [
        ({}, True, STREAM | TOKENS),
        ({}, False, STREAM | TOKENS),
        ({"details": True}, True, STREAM | TOKENS),
        ({"details": True}, False, STREAM_WITH_COUNTS | TOKENS),
        (ALL, True, STREAM | TOKENS),
        (ALL, False, STREAM_WITH_COUNTS | TOKENS),
        ({"top_n_tokens": 2}, True, STREAM | TOKENS),
        ({"top_n_tokens": 2}, False, STREAM | NUMBERED),
        ({"top_n_tokens": 2, "details": True}, True, STREAM | NUMBERED),
    ],
)
def test_a_stream_always_asks_for_tokens(given: dict[str, Any], rolling: bool, fields: dict[str, Any]) -> None:
    assert told(given, rolling, streams=True).fields() == fields


@pytest.mark.parametrize(
    ("given", "rolling", "streams", "sequences", "details"),
    [
        ({"n": 3}, True, False, 3, True),
        ({"n": 3}, False, False, 1, False),
        ({"n": 3, "details": True}, False, False, 3, True),
        ({"best_of": 3, "details": False}, True, False, 3, True),
        ({"num_beams": 3}, True, True, 1, False),
        ({"best_of": 3, "details": True}, False, True, 1, True),
    ],
)
def test_further_sequences_are_told_where_there_are_details(
    given: dict[str, Any], rolling: bool, streams: bool, sequences: int, details: bool
) -> None:
    telling = told(given, rolling, streams)

    assert (telling.sequences, telling.details) == (sequences, details)


@pytest.mark.parametrize(("given", "details"), [({}, True), ({"details": False}, False)])
@pytest.mark.parametrize("rolling", [True, False])
def test_tgi_tells_details_unless_it_is_asked_not_to(rolling: bool, given: dict[str, Any], details: bool) -> None:
    assert told(given, rolling, tgi_compat=True).details is details
