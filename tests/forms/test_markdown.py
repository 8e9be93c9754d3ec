import pytest

from dragoman.forms.markdown import code, fill, table

TEXT = "before\n<!-- begin part -->\nold\n<!-- end part -->\nafter\n"


def test_table() -> None:
    assert table(["A", "B"], [["1", "x|y"]]) == "| A | B |\n| --- | --- |\n| 1 | x\\|y |"


def test_code() -> None:
    assert code("a", "b") == "`a`, `b`"


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("old\n", "")])
def test_fill(text: str) -> None:
    assert fill(text, "part", "new") == TEXT.replace("old", "new")


@pytest.mark.parametrize("text", ["", "<!-- begin part -->", "<!-- end part --><!-- begin part -->"])
def test_fill_without_markers(text: str) -> None:
    with pytest.raises(ValueError, match="there is no <!-- begin part -->"):
        fill(text, "part", "new")
