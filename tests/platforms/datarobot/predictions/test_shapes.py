import json
from collections.abc import Sequence

import orjson
import pytest

from dragoman.platforms.datarobot.predictions.shapes import Extra, Predictions, deployed, plain

EXTRA = Extra(["tokens", "source"], [0, 1], [[3, "x"], [4, None]])


@pytest.mark.parametrize("values", [[], ["a"], ["a", None, "ø/\n"], [0.5, 1]])
def test_predictions_are_a_list(values: Sequence[object]) -> None:
    assert orjson.loads(plain(Predictions(values))) == {"predictions": values}


def test_what_a_hook_gives_beside_them_comes_after_them() -> None:
    told = {"columns": ["tokens", "source"], "index": [0, 1], "data": [[3, "x"], [4, None]]}
    predicted = {"predictions": ["a", "b"], "extraModelOutput": told}
    assert orjson.loads(plain(Predictions(["a", "b"], EXTRA))) == predicted


def test_a_deployment_labels_them() -> None:
    assert orjson.loads(deployed("resultText")(Predictions(["a", None]))) == {
        "data": [
            {"prediction": "a", "predictionValues": [{"label": "resultText", "value": "a"}], "rowId": 0},
            {"prediction": None, "predictionValues": [{"label": "resultText", "value": None}], "rowId": 1},
        ]
    }


def test_columns_may_have_numbers_for_names() -> None:
    predicted = Predictions([2**70], Extra([1], [0], [["x"]]))
    assert json.loads(deployed("resultText")(predicted))["data"][0]["extraModelOutput"] == {"1": "x"}
    assert json.loads(plain(predicted))["predictions"] == [2**70]


def test_a_deployment_has_no_rows_without_predictions() -> None:
    assert orjson.loads(deployed("resultText")(Predictions([]))) == {"data": []}


def test_a_deployment_tells_row_by_row_what_a_hook_gives_beside_them() -> None:
    rows = orjson.loads(deployed("resultText")(Predictions(["a", "b"], EXTRA)))["data"]
    assert [row["extraModelOutput"] for row in rows] == [{"tokens": 3, "source": "x"}, {"tokens": 4, "source": None}]
