"""Samples and predictions as pandas' DataFrames, which is how a ``score`` hook takes and gives them."""

import importlib
import json
from io import BytesIO
from types import ModuleType
from typing import Any

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.predictions.shapes import Extra, Predictions

Frame = Any
QUOTE = '"'


def frame(data: bytes) -> Frame:
    """The DataFrame of a CSV, as DRUM reads it: a blank line is a row where there is but one column.

    Raises:
        DrumError: it is not UTF-8 or no CSV, or pandas is not installed.
    """
    pandas = _pandas()
    try:
        read = pandas.read_csv(BytesIO(data))
        return read if read.shape[1] > 1 else pandas.read_csv(BytesIO(data), skip_blank_lines=False)
    except UnicodeDecodeError:
        raise DrumError("Supplied CSV input file encoding must be UTF-8.") from None
    except ValueError as error:
        # Those of pandas about what it reads are of this kind.
        raise DrumError(f"Pandas failed to read input binary data: {error}") from None


def predictions(scored: object, target: str) -> Predictions:
    """What a DataFrame predicts: its one column, or that of the target with the others beside it.

    Args:
        scored: what the hook returned.
        target: the name of the target, with or without quotation marks that are not part of it.

    Raises:
        DrumError: it is no DataFrame, has no such column, or holds what JSON does not.
    """
    if not isinstance(scored, _pandas().DataFrame):
        raise DrumError(f"score must return a dataframe, but received {type(scored)}")
    told = _told(scored)
    columns: list[Any] = told["columns"]
    if len(columns) == 1:
        return Predictions([value for (value,) in told["data"]])
    return _split(columns.index(_target(columns, target)), columns, told)


def _told(scored: Frame) -> dict[str, list[Any]]:
    try:
        told: dict[str, list[Any]] = json.loads(scored.to_json(orient="split"))
    except (ValueError, OverflowError) as error:
        raise DrumError(f"score returned what JSON does not hold: {error}") from None
    return told


def _target(columns: list[Any], target: str) -> str:
    for name in (target, _unquoted(target)):
        if name in columns:
            return name
    named = ", ".join(map(str, columns))
    raise DrumError(f"score must return the column {target} of the target; it returned: {named}")


def _unquoted(name: str) -> str:
    quoted = len(name) > 1 and name.startswith(QUOTE) and name.endswith(QUOTE)
    return name[1:-1] if quoted else name


def _split(place: int, columns: list[Any], told: dict[str, list[Any]]) -> Predictions:
    values = [row.pop(place) for row in told["data"]]
    return Predictions(values, Extra(columns[:place] + columns[place + 1 :], told["index"], told["data"]))


def _pandas() -> ModuleType:
    try:
        return importlib.import_module("pandas")
    except ImportError:
        raise DrumError("The score hook of custom.py needs pandas: install it beside the worker.") from None
