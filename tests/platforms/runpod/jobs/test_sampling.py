from typing import Any

import pytest

from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.sampling import DEFAULTS, KINDS, Sampling
from dragoman.settings.values import Value

DOCUMENTED = {
    "n": 1,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repetition_penalty": 1.0,
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": -1,
    "min_p": 0.0,
    "max_tokens": 16,
}


def fields(**params: Value) -> Value:
    """What is sent besides the defaults."""
    sent = Sampling.of(params, 16).fields
    return {key: value for key, value in sent.items() if key not in DOCUMENTED or key in params}


@pytest.mark.parametrize("params", [None, {}, {"stop": None, "temperature": None, "max_tokens": None}])
def test_documented_defaults_are_sent(params: object) -> None:
    assert Sampling.of(params, 16).fields == DOCUMENTED


def test_the_operator_chooses_the_default_max_tokens() -> None:
    assert Sampling.of({}, 100).fields["max_tokens"] == 100


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 2),
        ("best_of", 3),
        ("temperature", 0),
        ("temperature", -1),
        ("temperature", 0.5),
        ("top_p", 1),
        ("top_k", 5.0),
        ("seed", 2**63),
        ("stop", "a"),
        ("stop", ["a", "b"]),
        ("stop_token_ids", [1, 2]),
        ("ignore_eos", True),
        ("ignore_eos", 1),
        ("logprobs", 5),
        ("logprobs", True),
        ("logit_bias", {"5": 1}),
        ("structured_outputs", {"choice": ["a"]}),
        ("guided_choice", ["a", "b"]),
        ("guided_json", '{"type": "object"}'),
        ("bad_words", []),
        ("truncate_prompt_tokens", 8),
    ],
)
def test_parameters_are_passed_on(name: str, value: object) -> None:
    assert fields(**{name: value}) == {name: value}


@pytest.mark.parametrize(("value", "unknown"), [(False, {}), (True, {"early_stopping": True})])
def test_early_stopping_is_left_out_without_a_word_where_it_asks_for_nothing(
    value: bool, unknown: dict[str, bool]
) -> None:
    sampling = Sampling.of({"early_stopping": value}, 16)
    assert (sampling.fields, sampling.unknown) == (DOCUMENTED, unknown)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", "0.5"),
        ("temperature", True),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("top_k", 1.5),
        ("max_tokens", "16"),
        ("max_tokens", [16]),
        ("n", False),
        ("stop", [1]),
        ("stop", 5),
        ("stop_token_ids", 5),
        ("stop_token_ids", ["5"]),
        ("ignore_eos", "true"),
        ("ignore_eos", 2),
        ("logprobs", "5"),
        ("logit_bias", [1]),
    ],
)
def test_a_wrong_type_is_an_error_that_names_the_parameter(name: str, value: object) -> None:
    with pytest.raises(JobError, match=f"^sampling_params.{name} must be ") as raised:
        fields(**{name: value})
    assert (raised.value.body["code"], raised.value.body["param"]) == (400, f"sampling_params.{name}")


def test_whole_numbers_have_no_end() -> None:
    assert fields(seed=10**400) == {"seed": 10**400}


def test_unknown_parameters_are_kept_apart() -> None:
    assert Sampling.of({"foo": [1]}, 16).unknown == {"foo": [1]}


@pytest.mark.parametrize(
    ("params", "whole"),
    [
        ({}, False),
        ({"n": 2}, False),
        ({"n": 2, "best_of": 2}, False),
        ({"best_of": 2}, True),
        ({"use_beam_search": True}, True),
        ({"use_beam_search": False}, False),
    ],
)
def test_only_best_of_more_and_beams_are_known_whole(params: dict[str, Any], whole: bool) -> None:
    assert Sampling.of(params, 16).whole_only is whole


@pytest.mark.parametrize(
    ("logprobs", "chat"),
    [
        ({"logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ({"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ({"prompt_logprobs": 1}, {"prompt_logprobs": 1}),
    ],
)
def test_a_chat_says_in_two_fields_how_many_logprobs_it_wants(logprobs: dict[str, Any], chat: dict[str, Any]) -> None:
    sampling = Sampling.of(logprobs, 16)
    assert sampling.for_chat() == DOCUMENTED | chat
    assert sampling.for_completion() == DOCUMENTED | logprobs
    assert sampling.without_logprobs() == DOCUMENTED


def test_defaults_are_of_their_own_kind() -> None:
    assert all(KINDS[name].fits(value) for name, value in DEFAULTS.items())
