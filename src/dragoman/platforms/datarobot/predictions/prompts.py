"""The prompts in a CSV, as DRUM reads it: Python's ``csv.DictReader`` over UTF-8."""

import csv
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper

from dragoman.platforms.datarobot.errors import DrumError

# Python takes no cell of more than 128 KiB unless told otherwise, which is less than a long context.
csv.field_size_limit(sys.maxsize)


def prompts(data: bytes, column: str) -> Iterator[str | None]:
    """The cells of a column, one by one; None in a row that ends before it.

    Args:
        data: the CSV, with or without a byte order mark.
        column: the column's name, exactly as in the header.

    Raises:
        DrumError: it is not UTF-8, or no CSV, or has no such column.
    """
    data = data.removeprefix(BOM_UTF8)
    try:
        # All of it is looked at before the first row is asked.
        data.decode()
        for row in csv.DictReader(TextIOWrapper(BytesIO(data), "utf-8", newline="\n")):
            yield row[column]
    except KeyError:
        raise DrumError(f"Model expects column names '{[column]}'") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DrumError(str(error)) from None
