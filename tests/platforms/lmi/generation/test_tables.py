import csv
from collections.abc import Iterator
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.platforms.lmi.generation.payloads import PayloadError
from dragoman.platforms.lmi.generation.tables import prompts


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("inputs\nHi\nBye", ["Hi", "Bye"]),
        ("Inputs\nHi", ["Hi"]),
        ("id, inputs\n1,Hi\n2,Bye\n", ["Hi", "Bye"]),
        ("question\nWho?\n", ["Who?"]),
        ("context\nHere.\n", ["Here."]),
        ("question,inputs,context\na,b,c\n", ["b"]),
        ('inputs\n"two\nlines"\n\n"a ""quote"""\n', ["two\nlines", 'a "quote"']),
        ("inputs\n", []),
    ],
)
def test_the_prompts_stand_under_a_known_name(table: str, expected: list[str]) -> None:
    assert prompts(table) == expected


@pytest.fixture
def _usual_cells() -> Iterator[None]:
    """Cells of the size that csv takes by default; the limit is the process's."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("_usual_cells")
@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "no header"),
        ("Hi\nBye", "a column inputs"),
        ("question,context\nWho?,Me.", "question and context"),
        ("id,inputs\n1,Hi\n2\n", "Row 2 of the CSV has no prompt"),
        ("inputs\n" + "x" * 200_000, "cannot be read"),
        ("inputs\n" + "x\n" * 1025, "more than 1024 rows"),
    ],
)
def test_a_table_without_prompts_is_refused(table: str, says: str) -> None:
    with pytest.raises(PayloadError, match=says):
        prompts(table)


@settings(deadline=None)
@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), min_size=1)))
def test_what_the_csv_module_writes_is_read(texts: list[str]) -> None:
    table = StringIO(newline="")
    csv.writer(table).writerows([["inputs"], *([text] for text in texts)])

    assert prompts(table.getvalue()) == texts
