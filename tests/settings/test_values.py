import contextlib
import datetime
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.settings import values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes", "Yes", "on", " true "])
def test_true_words(word: str) -> None:
    assert values.boolean(word) is True


@pytest.mark.parametrize("word", ["false", "False", "0", "no", "off", "OFF"])
def test_false_words(word: str) -> None:
    assert values.boolean(word) is False


@pytest.mark.parametrize("raw", [True, False])
def test_booleans_of_files(raw: bool) -> None:
    assert values.boolean(raw) is raw


@pytest.mark.parametrize("raw", ["maybe", "2", "t", "enable", 2, [], {}])
def test_no_booleans(raw: object) -> None:
    with pytest.raises(ValueError, match="is not a boolean"):
        values.boolean(raw)


@pytest.mark.parametrize("raw", [None, "", "  ", "None", "none", "null", "NULL"])
def test_unset(raw: object) -> None:
    assert values.is_unset(raw)


@pytest.mark.parametrize("raw", [0, False, "0", [], "nothing"])
def test_set(raw: object) -> None:
    assert not values.is_unset(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("4096", 4096),
        (" 7 ", 7),
        (4096, 4096),
        ("-1", -1),
        ("1k", 1000),
        ("1K", 1024),
        ("25.6k", 25600),
        ("2M", 2 * 1024**2),
        ("1.5g", 1_500_000_000),
        ("1T", 1024**4),
    ],
)
def test_human_integers(raw: object, value: int) -> None:
    assert values.human_integer(raw) == value


@pytest.mark.parametrize("raw", ["1.5K", "k", "1kk", "1.5", "12x", "", True, 1.0, None])
def test_no_human_integers(raw: object) -> None:
    with pytest.raises(ValueError, match=r"is not an integer|no decimals before"):
        values.human_integer(raw)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**9), st.sampled_from("kmgtKMGT"))
def test_suffixes_only_multiply(number: int, suffix: str) -> None:
    one = values.human_integer(f"1{suffix}")
    assert values.human_integer(f"{number}{suffix}") == pytest.approx(number * one)


@pytest.mark.parametrize("raw", ["9" * 400 + "k", "9" * 4299 + "T", "9" * 5000])
def test_no_number_is_too_long_to_be_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="is not an integer"):
        values.human_integer(raw)


@pytest.mark.parametrize("raw", [2**63, -(2**63), 1 << 20_000], ids=["high", "low", "long"])
def test_no_integers_that_nothing_can_hold(raw: int) -> None:
    with pytest.raises(ValueError, match="is more than 64 bits hold"):
        values.integer(raw)


def test_text_is_unicode() -> None:
    assert values.text("é") == "é"
    with pytest.raises(ValueError, match=r"'\\udcff' is not UTF-8"):
        values.text("\udcff")


def test_auto() -> None:
    assert values.human_integer_or_auto("AUTO") == -1
    assert values.human_integer_or_auto("8k") == 8000


@pytest.mark.parametrize("raw", ["nan", "inf", "half", True, None, [1]])
def test_no_numbers(raw: object) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        values.number(raw)


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers(value: float) -> None:
    assert values.number(str(value)) == value


@settings(deadline=None)
@given(JSON)
def test_json(value: object) -> None:
    assert values.json_value(json.dumps(value)) == value


@settings(deadline=None)
@given(JSON)
def test_python_literals(value: object) -> None:
    assert values.json_value(f" {value!r}") == value


@pytest.mark.parametrize(
    "raw",
    [
        {"day": datetime.date(2026, 1, 1)},
        "{",
        "{'a': b'x'}",
        "{1, 2}",
        "__import__('os')",
        "(" * 5000,
        "[" * 65 + "]" * 65,
    ],
)
def test_neither_json_nor_literal(raw: object) -> None:
    with pytest.raises(ValueError, match="is not JSON"):
        values.json_value(raw)


def test_json_that_is_not_utf_8() -> None:
    with pytest.raises(ValueError, match="is not UTF-8"):
        values.json_value('{"a": "\udcff"}')


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('{"cpu_bytes": 80m}', {"cpu_bytes": 80_000_000}),
        ('{"name": "80m"}', {"name": "80m"}),
        ("{'a': 4K}", {"a": 4096}),
        ({"a": 1}, {"a": 1}),
        ({1: (2,)}, {"1": [2]}),
    ],
)
def test_configurations(raw: object, value: dict[str, Any]) -> None:
    assert values.configuration(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("a,b", ["a", "b"]),
        ("a b\tc", ["a", "b", "c"]),
        ("a, b,", ["a", "b"]),
        ('["a,b", "c d"]', ["a,b", "c d"]),
        ("['a']", ["a"]),
        ("single", ["single"]),
        (["a,b"], ["a,b"]),
        (5, [5]),
        ('{"name": "x", "path": "/y"}', ['{"name": "x", "path": "/y"}']),
    ],
)
def test_lists(raw: object, value: list[object]) -> None:
    assert values.items(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("my model, b", ["my model", "b"]),
        ('["a,b", "c d"]', ["a,b", "c d"]),
        (["a,b"], ["a,b"]),
    ],
)
def test_names(raw: object, value: list[object]) -> None:
    assert values.names(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("sql=/adapters/sql", {"name": "sql", "path": "/adapters/sql"}),
        ('{"name": "sql", "path": "/a"}', {"name": "sql", "path": "/a"}),
        ({"name": "sql", "path": "/a"}, {"name": "sql", "path": "/a"}),
    ],
)
def test_adapters(raw: object, value: dict[str, str]) -> None:
    assert values.adapter(raw) == value


@pytest.mark.parametrize("raw", ["sql", '{"name": "sql"}', "[]", '{"name": "sql", "path": "/a", "rank": 8}'])
def test_no_adapters(raw: object) -> None:
    with pytest.raises(ValueError, match=r"is not JSON|not a JSON object|has no name or no path|'rank' is not a field"):
        values.adapter(raw)


def test_devices() -> None:
    assert values.devices("2, 3,GPU-1f") == [2, 3, "GPU-1f"]


def test_long_values_are_cut_in_messages() -> None:
    assert len(values.quote("x" * 1000)) < 150


@settings(deadline=None)
@given(st.text() | st.integers() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_parsers_only_ever_raise_value_errors(raw: object) -> None:
    for parser in values.PARSERS.values():
        with contextlib.suppress(ValueError):
            parser(raw)


@pytest.mark.parametrize(("raw", "value"), [("4", 4), (4, 4), ("2,1", 2), (" 2 , 1 ", 2)])
def test_threads_are_those_of_the_outermost_level(raw: object, value: int) -> None:
    assert values.threads(raw) == value


def test_no_threads() -> None:
    with pytest.raises(ValueError, match="is not an integer"):
        values.threads("many,1")
