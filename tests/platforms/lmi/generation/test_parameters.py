from typing import Any

import pytest

from dragoman.platforms.lmi.generation import parameters
from dragoman.platforms.lmi.generation.parameters import PARAMETERS, Dropped, engine_fields, parameters_of
from dragoman.platforms.lmi.generation.payloads import PayloadError

# For each kind, what the parameter is not, and what its error says that it must be.
WRONG: dict[str, tuple[object, str]] = {
    **dict.fromkeys(
        ["max_new_tokens", "max_tokens", "min_tokens", "top_k", "seed", "truncate", "truncate_prompt_tokens"],
        ("many", "an integer"),
    ),
    **dict.fromkeys(["temperature", "top_p", "min_p"], ("hot", "a number")),
    **dict.fromkeys(["repetition_penalty", "presence_penalty"], ([1.0], "a number")),
    **dict.fromkeys(["frequency_penalty", "length_penalty"], ({}, "a number")),
    **dict.fromkeys(["do_sample", "details", "decoder_input_details", "return_full_text"], ("maybe", "true or false")),
    **dict.fromkeys(["ignore_eos", "ignore_eos_token", "include_stop_str_in_output"], (5, "true or false")),
    **dict.fromkeys(["skip_special_tokens", "spaces_between_special_tokens"], ([], "true or false")),
    "use_beam_search": ("maybe", "true or false"),
    **dict.fromkeys(["stop", "stop_sequences"], (5, "a string or a list of strings")),
    **dict.fromkeys(["stop_token_ids", "allowed_token_ids"], (["a"], "a list of integers")),
    "bad_words": ("a", "a list of strings"),
    **dict.fromkeys(["n", "best_of", "num_beams"], (0, "an integer of at least 1")),
    "top_n_tokens": (-1, "an integer of at least 0"),
    **dict.fromkeys(["logprobs", "prompt_logprobs"], ("all", "an integer of at least 0 or true or false")),
    **dict.fromkeys(["logit_bias", "response_format", "structured_outputs"], ([], "an object")),
    "output_formatter": (5, "a string"),
}


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "_dropped", Dropped())


def read(given: object) -> dict[str, Any]:
    return parameters_of({"inputs": "Hi", "parameters": given})


@pytest.mark.parametrize(
    ("name", "value", "fields"),
    [
        ("max_new_tokens", 5, {"max_tokens": 5}),
        ("max_tokens", 5, {"max_tokens": 5}),
        ("min_tokens", 2, {"min_tokens": 2}),
        ("temperature", 0, {"temperature": 0.0}),
        ("top_p", 0.5, {"top_p": 0.5}),
        ("top_k", 3, {"top_k": 3}),
        ("min_p", 0.1, {"min_p": 0.1}),
        ("repetition_penalty", 1.1, {"repetition_penalty": 1.1}),
        ("presence_penalty", 0.2, {"presence_penalty": 0.2}),
        ("frequency_penalty", 0.3, {"frequency_penalty": 0.3}),
        ("length_penalty", 2, {"length_penalty": 2.0}),
        ("seed", "42", {"seed": 42}),
        ("stop_sequences", ["a", "b"], {"stop": ["a", "b"]}),
        ("stop_sequences", "a", {"stop": ["a"]}),
        ("stop_sequences", [], {}),
        ("stop", "a", {"stop": ["a"]}),
        ("stop", ["a"], {"stop": ["a"]}),
        ("stop_token_ids", [1, 2], {"stop_token_ids": [1, 2]}),
        ("include_stop_str_in_output", True, {"include_stop_str_in_output": True}),
        ("ignore_eos_token", True, {"ignore_eos": True}),
        ("ignore_eos", "true", {"ignore_eos": True}),
        ("skip_special_tokens", False, {"skip_special_tokens": False}),
        ("spaces_between_special_tokens", False, {"spaces_between_special_tokens": False}),
        ("truncate", 10, {"truncate_prompt_tokens": 10}),
        ("truncate_prompt_tokens", 10, {"truncate_prompt_tokens": 10}),
        ("bad_words", ["a"], {"bad_words": ["a"]}),
        ("logit_bias", {"5": 1}, {"logit_bias": {"5": 1}}),
        ("allowed_token_ids", [5], {"allowed_token_ids": [5]}),
        ("response_format", {"type": "json_object"}, {"response_format": {"type": "json_object"}}),
        ("structured_outputs", {"regex": "a"}, {"structured_outputs": {"regex": "a"}}),
        ("guided_choice", ["a"], {"guided_choice": ["a"]}),
        ("guided_json", {}, {"guided_json": {}}),
        ("guided_regex", "a", {"guided_regex": "a"}),
        ("guided_grammar", "a", {"guided_grammar": "a"}),
        ("guided_json_object", True, {"guided_json_object": True}),
        ("guided_whitespace_pattern", "a", {"guided_whitespace_pattern": "a"}),
        ("guided_decoding_backend", "a", {"guided_decoding_backend": "a"}),
        ("do_sample", True, {}),
        ("n", 2, {}),
        ("best_of", 2, {}),
        ("num_beams", 2, {}),
        ("use_beam_search", True, {}),
        ("top_n_tokens", 2, {}),
        ("logprobs", 2, {}),
        ("prompt_logprobs", 2, {}),
        ("details", True, {}),
        ("decoder_input_details", True, {}),
        ("return_full_text", True, {}),
        ("output_formatter", "sse", {}),
    ],
)
def test_a_parameter_is_known_and_becomes_its_field(name: str, value: object, fields: dict[str, Any]) -> None:
    given = read({name: value})

    assert given.keys() == {name}
    assert engine_fields(given) == {"max_tokens": 30, **fields}


def test_without_parameters_thirty_tokens_are_asked_for() -> None:
    assert engine_fields(parameters_of({"inputs": "Hi"})) == {"max_tokens": 30}


def test_null_is_absent() -> None:
    assert read(None) == read({"temperature": None, "foo": None}) == {}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"max_new_tokens": 5, "max_tokens": 9}, {"max_tokens": 5}),
        ({"max_tokens": 9, "max_new_tokens": 5}, {"max_tokens": 5}),
        ({"ignore_eos": True, "ignore_eos_token": False}, {"max_tokens": 30, "ignore_eos": False}),
        ({"stop_sequences": ["b", "a"], "stop": "a"}, {"max_tokens": 30, "stop": ["a", "b"]}),
    ],
)
def test_of_two_names_lmis_own_counts(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert engine_fields(read(given)) == fields


@pytest.mark.parametrize(
    ("content", "seed"),
    [
        ({"seed": 7}, 7),
        ({"seed": 7, "parameters": {"seed": 8}}, 8),
        ({"parameters": {"seed": "8"}}, 8),
    ],
)
def test_a_seed_may_stand_beside_the_parameters(content: dict[str, Any], seed: int) -> None:
    assert parameters_of({"inputs": "Hi", **content}) == {"seed": seed}


@pytest.mark.parametrize("name", [name for name in PARAMETERS if not name.startswith("guided_")])
def test_a_wrong_type_is_refused_with_the_name_and_what_is_allowed(name: str) -> None:
    value, allowed = WRONG[name]

    with pytest.raises(PayloadError, match=f"^parameters.{name} must be {allowed}, not "):
        read({name: value})


@pytest.mark.parametrize(("given", "kind"), [([], "this list"), ("max_new_tokens", "a string"), (5, "this number")])
def test_parameters_are_an_object(given: object, kind: str) -> None:
    with pytest.raises(PayloadError, match=f"^parameters must be an object, not {kind}.$"):
        read(given)


@pytest.mark.parametrize("name", ["foo", "typical_p", "watermark", "early_stopping", "stream", "cached_prompt"])
def test_an_unknown_parameter_is_dropped_and_logged_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert [read({name: 1}), read({name: 1, "top_k": 2})] == [{}, {"top_k": 2}]

    assert caplog.messages == [f"Parameters of requests that vLLM does not have are ignored: '{name}'."]


def test_some_of_many_unknown_parameters_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    read({f"unknown {number}": 1 for number in range(100)})

    (line,) = caplog.messages
    assert line.count("unknown") == 5


def test_the_log_falls_silent_after_many_unknown_parameters(caplog: pytest.LogCaptureFixture) -> None:
    dropped = Dropped(most=3, at_once=2)
    for names in (["a", "b", "c"], ["a", "c"], ["c", "d"], ["e"]):
        dropped.tell(dict.fromkeys(names))

    assert [line.split(": ")[1] for line in caplog.messages] == ["'a', 'b'.", "'c'."]


def test_a_long_name_is_not_logged_at_length(caplog: pytest.LogCaptureFixture) -> None:
    read({"x" * 10_000: 1})

    assert len(caplog.messages[0]) < 200
