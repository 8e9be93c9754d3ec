import json
from typing import Any

import pytest

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guided import with_structured_outputs

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
JSON_FORMAT = {"type": "json_object"}
SCHEMA_FORMAT = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}


@pytest.mark.parametrize(
    ("guided", "structured"),
    [
        ({"guided_json": SCHEMA}, {"json": SCHEMA}),
        ({"guided_json": json.dumps(SCHEMA)}, {"json": json.dumps(SCHEMA)}),
        ({"guided_json": {}}, {"json": {}}),
        ({"guided_regex": "[0-9]+"}, {"regex": "[0-9]+"}),
        ({"guided_choice": ["a", "b"]}, {"choice": ["a", "b"]}),
        ({"guided_grammar": 'root ::= "a"'}, {"grammar": 'root ::= "a"'}),
        ({"guided_json_object": True}, {"json_object": True}),
        (
            {"guided_json": SCHEMA, "guided_whitespace_pattern": " ?"},
            {"json": SCHEMA, "whitespace_pattern": " ?"},
        ),
        ({"guided_choice": ["a"], "guided_decoding_backend": "outlines"}, {"choice": ["a"]}),
        ({"guided_choice": ["a"], "guided_regex": None, "guided_json_object": False}, {"choice": ["a"]}),
        ({"guided_choice": ["a"], "structured_outputs": None, "response_format": None}, {"choice": ["a"]}),
        (
            {"guided_choice": ["a"], "structured_outputs": {"disable_any_whitespace": True}},
            {"choice": ["a"], "disable_any_whitespace": True},
        ),
    ],
)
def test_a_constraint_is_said_in_todays_words(guided: dict[str, Any], structured: dict[str, Any]) -> None:
    request = with_structured_outputs({"model": "m", **guided})

    assert {name: request[name] for name in request if name != "response_format"} == {
        "model": "m",
        "structured_outputs": structured,
    }


@pytest.mark.parametrize(
    "guided",
    [
        {"guided_json": None, "guided_regex": None, "guided_choice": None, "guided_decoding_backend": None},
        {"guided_json_object": False},
        {"guided_whitespace_pattern": " ?"},
        {"guided_decoding_backend": "lm-format-enforcer"},
    ],
)
def test_what_constrains_nothing_is_dropped(guided: dict[str, Any]) -> None:
    assert with_structured_outputs({"model": "m", **guided}) == {"model": "m"}


@pytest.mark.parametrize(
    "request_",
    [
        {"guided_json": SCHEMA, "structured_outputs": {"json": SCHEMA}},
        {"guided_json": SCHEMA, "response_format": SCHEMA_FORMAT},
        {"guided_json_object": True, "response_format": JSON_FORMAT},
    ],
)
def test_a_constraint_that_is_said_in_both_ways_is_one(request_: dict[str, Any]) -> None:
    today = {name: value for name, value in request_.items() if not name.startswith("guided_")}

    assert with_structured_outputs(request_) == today


def test_a_format_that_is_text_is_no_constraint() -> None:
    request = {"guided_choice": ["a"], "response_format": {"type": "text"}}

    assert with_structured_outputs(request)["structured_outputs"] == {"choice": ["a"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("guided_json", "not JSON"),
        ("guided_json", "[1]"),
        ("guided_json", "[" * 100_000),
        ("guided_json", 1),
        ("guided_json", True),
        ("guided_regex", 1),
        ("guided_regex", ["a"]),
        ("guided_choice", "a"),
        ("guided_choice", [1]),
        ("guided_choice", {"a": 1}),
        ("guided_grammar", {}),
        ("guided_json_object", "perhaps"),
        ("guided_whitespace_pattern", 1),
    ],
)
def test_a_wrong_type_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(BadRequestError, match=f"`{field}` must be") as raised:
        with_structured_outputs({field: value})
    assert raised.value.param == field


@pytest.mark.parametrize(
    ("request_", "field", "message"),
    [
        (
            {"guided_json": SCHEMA, "guided_regex": "a"},
            "guided_regex",
            "Only one of `guided_json`, `guided_regex` can be used",
        ),
        ({"guided_regex": "a", "structured_outputs": {"regex": "b"}}, "guided_regex", "conflicts"),
        ({"guided_regex": "a", "structured_outputs": {"structural_tag": "{}"}}, "guided_regex", "conflicts"),
        ({"guided_regex": "a", "structured_outputs": ["?"]}, "guided_regex", "conflicts"),
        ({"guided_regex": "a", "response_format": JSON_FORMAT}, "guided_regex", "conflicts"),
        ({"guided_json": {}, "response_format": SCHEMA_FORMAT}, "guided_json", "conflicts"),
        ({"guided_json": {}, "response_format": {"type": "structural_tag"}}, "guided_json", "conflicts"),
        ({"guided_choice": ["a"], "use_beam_search": True}, "guided_choice", "not supported with beam search"),
    ],
)
def test_constraints_that_exclude_each_other_are_refused(request_: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(BadRequestError, match=message) as raised:
        with_structured_outputs(request_)
    assert raised.value.param == field
