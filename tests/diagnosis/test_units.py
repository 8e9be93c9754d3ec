import pytest

from dragoman.diagnosis.units import GIB, MIB, counted, gib, listed


@pytest.mark.parametrize(
    ("count", "text"), [(3 * MIB, "3 MiB"), (GIB, "1.0 GiB"), (int(1.5 * GIB), "1.5 GiB"), (240 * GIB, "240 GiB")]
)
def test_gib(count: int, text: str) -> None:
    assert gib(count) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_counted(count: int, text: str) -> None:
    assert counted(count, "file") == text


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b", "c"], "a, b, c"), (list("abcde"), "a, b, c and 2 more")]
)
def test_listed(names: list[str], text: str) -> None:
    assert listed(names) == text
