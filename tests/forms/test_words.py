import pytest

from dragoman.forms import words
from dragoman.settings.catalogue import Setting
from dragoman.settings.values import Value

FLAG = ("--x",)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (Setting(name="x", flags=FLAG), "`--x`"),
        (Setting(name="x", flags=("--x", "-x"), negative="--no-x"), "`--x`, `-x`, `--no-x`"),
    ],
)
def test_flags(setting: Setting, text: str) -> None:
    assert words.flags(setting) == text


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (Setting(name="x"), "text"),
        (Setting(name="x", type="identifier"), "text"),
        (Setting(name="x", type="int", bounds={"ge": 0, "le": 65535}), "integer from 0 to 65535"),
        (Setting(name="x", type="float", bounds={"gt": 0}), "number above 0"),
        (Setting(name="x", choices=("a", "b")), "one of a, b"),
        (Setting(name="x", type="json", kind="list"), "list: JSON object"),
    ],
)
def test_takes(setting: Setting, text: str) -> None:
    assert words.takes(setting) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ([], ""),
        ("", ""),
        (False, "`false`"),
        (0, "`0`"),
        (3.0, "`3`"),
        (0.92, "`0.92`"),
        (["a", "b"], "`a,b`"),
        ({"a": 1}, '`{"a": 1}`'),
    ],
)
def test_defaults(value: Value, text: str) -> None:
    assert words.default(Setting(name="x", default=value)) == text


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (Setting(name="x", help="How many"), "How many."),
        (Setting(name="x", help="One of these:"), "One of these."),
        (Setting(name="x", help="Which.", known=("a", "b")), "Which. Known: a, b."),
        (Setting(name="x", help="Which.", deprecated=True), "Which. vLLM has deprecated it."),
    ],
)
def test_meaning(setting: Setting, text: str) -> None:
    assert words.meaning(setting) == text


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (Setting(name="x", flags=FLAG, use="engine"), "Passed on as `--x`."),
        (Setting(name="x", use="ignored", reason="it is gone"), "Ignored: it is gone."),
        (Setting(name="x", use="refused", reason="it cannot be"), "An error: it cannot be."),
        (Setting(name="x", use="translated", reason="y"), "Becomes y."),
        (Setting(name="x", help="How many."), "How many."),
        (Setting(name="x", help="How many.", default=3), "How many. Default: `3`."),
    ],
)
def test_fate(setting: Setting, text: str) -> None:
    assert words.fate(setting) == text
