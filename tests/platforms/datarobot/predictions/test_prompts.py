import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.predictions.prompts import prompts


@pytest.mark.parametrize(
    ("csv", "found"),
    [
        (b"promptText\nhi", ["hi"]),
        (b"promptText\r\nhi\r\nthere\r\n", ["hi", "there"]),
        (b"a,promptText,b\n1,hi,2\n3,there,4\n", ["hi", "there"]),
        (b"promptText\n\nhi\n\n", ["hi"]),
        (b'promptText\n"two\nlines"\n', ["two\nlines"]),
        (b'promptText\n"say ""hi"", now"\n', ['say "hi", now']),
        (b"a,promptText\n1\n2,hi\n", [None, "hi"]),
        (b'a,promptText\n1,""\n', [""]),
        (b"promptText\nhi,there,you\n", ["hi"]),
        (b"promptText,promptText\nhi,there\n", ["there"]),
        (b"promptText\n hi \n", [" hi "]),
        ("promptText\nblåbær\n".encode(), ["blåbær"]),
        (b"\xef\xbb\xbfpromptText\nhi\n", ["hi"]),
        (b'\xef\xbb\xbf"promptText"\nhi\n', ["hi"]),
        (b"promptText\n", []),
        (b"wrong\n", []),
        (b"", []),
    ],
)
def test_a_csv_is_read_as_pythons_dict_reader_does(csv: bytes, found: list[str | None]) -> None:
    assert list(prompts(csv, "promptText")) == found


@pytest.mark.parametrize("header", ["wrong", "prompttext", "promptText ", "PROMPTTEXT"])
def test_a_column_has_exactly_its_name(header: str) -> None:
    with pytest.raises(DrumError, match=r"^Model expects column names '\['promptText'\]'$"):
        list(prompts(f"{header}\nhi".encode(), "promptText"))


def test_a_cell_may_be_as_long_as_any_context() -> None:
    assert [len(prompt or "") for prompt in prompts(b"p\n" + b"x" * 1_000_000, "p")] == [1_000_000]


def test_all_of_a_csv_is_utf_8_before_any_row_is_taken() -> None:
    with pytest.raises(DrumError, match="'utf-8' codec can't decode byte 0xff in position 5: invalid start byte"):
        next(prompts(b"p\nhi\n\xff\n", "p"))


def test_a_line_end_of_old_macintoshes_is_an_error_in_pythons_words() -> None:
    with pytest.raises(DrumError, match="new-line character seen in unquoted field"):
        list(prompts(b"p\rhi\r", "p"))


SCRAPS = st.sampled_from([b"promptText", b",", b'"', b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"a", b" "])


@given(st.binary() | st.lists(SCRAPS).map(b"".join))
def test_nothing_but_an_error_of_drums_is_raised(data: bytes) -> None:
    with suppress(DrumError):
        list(prompts(data, "promptText"))


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1), min_size=1))
def test_what_the_csv_module_writes_is_read(cells: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([["promptText"], *([cell] for cell in cells)])
    assert list(prompts(written.getvalue().encode(), "promptText")) == cells
