import pytest

from dragoman.serving.json_types import type_of


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("x", "a string"),
        (1, "this number"),
        (1.5, "this number"),
        (True, "a boolean"),
        ([], "this list"),
        ({}, "an object"),
        (None, "null"),
        (b"", "that"),
    ],
)
def test_a_value_is_called_by_its_type(value: object, words: str) -> None:
    assert type_of(value) == words
