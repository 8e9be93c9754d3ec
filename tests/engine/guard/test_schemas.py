import pytest

from dragoman.engine.guard.schemas import has_loop, patterns, steps
from dragoman.settings.values import Value

LIST = {"type": "array", "items": {"$ref": "#"}}
TWO = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}


@pytest.mark.parametrize("schema", [{"$ref": "#"}, TWO, {"properties": {"x": {"$ref": "#/properties/x"}}}])
def test_references_in_a_circle(schema: Value) -> None:
    assert has_loop(schema)


@pytest.mark.parametrize(
    "schema",
    [
        LIST,
        {"$ref": "#/$defs/none"},
        {"$ref": "http://example.com/schema.json"},
        {"$ref": 5},
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}},
        {"properties": {"$ref": {"type": "string"}}},
        None,
        True,
    ],
)
def test_references_that_end(schema: Value) -> None:
    assert not has_loop(schema)


def test_a_long_chain_is_followed_once() -> None:
    chain = {str(number): {"$ref": f"#/$defs/{number + 1}"} for number in range(2000)}
    assert not has_loop({"$defs": chain})


def test_the_expressions_in_a_schema() -> None:
    schema = {"pattern": "a", "patternProperties": {"b": {"items": [{"pattern": "c"}]}}, "properties": {"pattern": {}}}
    assert sorted(patterns(schema)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("schema", "cost"),
    [
        ({"type": "array", "minItems": 10}, 160),
        ({"items": {"maxItems": 10}, "minItems": 1.0}, 176),
        ({"minProperties": 3, "properties": {"a": {}, "b": {}}}, 192),
        ({"minProperties": 3}, 0),
        ({"minItems": "many", "maxItems": float("inf"), "minContains": -5}, 0),
        ({"properties": {"minItems": {"type": "integer"}}}, 0),
    ],
)
def test_what_its_numbers_cost(schema: Value, cost: int) -> None:
    assert steps(schema) == cost
