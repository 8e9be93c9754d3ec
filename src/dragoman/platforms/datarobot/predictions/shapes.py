"""Predictions in the two shapes that DRUM has for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.platforms.datarobot.json_text import json_text

Json = Any


@dataclass(frozen=True)
class Extra:
    """What a ``score`` hook gives beside the predictions.

    Args:
        columns: the names.
        index: those of the rows.
        rows: the values, row by row.
    """

    columns: Sequence[Json]
    index: Sequence[Json]
    rows: Sequence[Sequence[Json]]


@dataclass(frozen=True)
class Predictions:
    """Predictions in the order of their rows; a row may have several.

    Args:
        values: the predictions.
        extra: what comes with each of them.
    """

    values: Sequence[Json]
    extra: Extra | None = None


Shape = Callable[[Predictions], bytes]


def plain(predictions: Predictions) -> bytes:
    """The shape of a model that nobody deployed: ``{"predictions": […]}``."""
    extra = predictions.extra
    told = {"columns": extra.columns, "index": extra.index, "data": extra.rows} if extra else None
    return json_text({"predictions": predictions.values} | ({"extraModelOutput": told} if told else {}))


def deployed(label: str) -> Shape:
    """The shape of a deployment: ``{"data": [{"prediction", "predictionValues", "rowId"}, …]}``.

    Args:
        label: the name of the target.
    """

    def shape(predictions: Predictions) -> bytes:
        extra = predictions.extra
        rows: list[dict[str, Json]] = [
            {"prediction": value, "predictionValues": [{"label": label, "value": value}], "rowId": number}
            for number, value in enumerate(predictions.values)
        ]
        if extra:
            for row, values in zip(rows, extra.rows, strict=True):
                row["extraModelOutput"] = dict(zip(extra.columns, values, strict=True))
        return json_text({"data": rows})

    return shape
