"""Prompts in a table of comma-separated values."""

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import islice

from dragoman.platforms.lmi.generation.payloads import PayloadError
from dragoman.platforms.lmi.generation.prompts import MOST

# The columns that DJL Serving knows; the first is a prompt for certain, the others are where they stand alone.
COLUMNS = ("inputs", "question", "context")


def prompts(text: str) -> list[str]:
    """The prompts of a table, whose header says where they are.

    Raises:
        PayloadError: there is no such column, a line without it, or too many lines.
    """
    try:
        header, *rows = islice(filter(None, csv.reader(StringIO(text, newline=""))), MOST + 2)
    except (csv.Error, ValueError):
        raise PayloadError("The CSV has no header, or cannot be read.") from None
    if len(rows) > MOST:
        raise PayloadError(f"The CSV has more than {MOST} rows.")
    return list(_column(rows, _place([name.strip().lower() for name in header])))


def _place(header: list[str]) -> int:
    """Where the column with the prompts is."""
    known = [name for name in COLUMNS if name in header]
    if not known:
        raise PayloadError("The CSV needs a header with a column inputs.")
    if len(known) > 1 and COLUMNS[0] not in known:
        raise PayloadError("A CSV with question and context is for models that answer questions; name one inputs.")
    return header.index(known[0])


def _column(rows: list[list[str]], place: int) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        if len(row) <= place:
            raise PayloadError(f"Row {number} of the CSV has no prompt.")
        yield row[place]
