import sys
from typing import Any

import pytest

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.predictions.frames import frame, predictions
from dragoman.platforms.datarobot.predictions.shapes import Extra, Predictions


@pytest.fixture
def pandas() -> Any:  # noqa: ANN401 - a package that may be missing
    return pytest.importorskip("pandas")


@pytest.mark.usefixtures("pandas")
@pytest.mark.parametrize(
    ("csv", "read"),
    [
        (b"promptText\nhi\n", {"promptText": ["hi"]}),
        (b"a,promptText\n1,hi\n2,there\n", {"a": [1, 2], "promptText": ["hi", "there"]}),
        (b"a,promptText\n1,hi\n\n2,there\n", {"a": [1, 2], "promptText": ["hi", "there"]}),
        (b"\xef\xbb\xbfpromptText\nhi\n", {"promptText": ["hi"]}),
    ],
)
def test_a_csv_is_a_data_frame(csv: bytes, read: dict[str, list[object]]) -> None:
    assert frame(csv).to_dict(orient="list") == read


@pytest.mark.usefixtures("pandas")
def test_a_blank_line_of_a_single_column_is_a_row() -> None:
    assert frame(b"promptText\nhi\n\nthere\n").isna()["promptText"].tolist() == [False, True, False]


@pytest.mark.usefixtures("pandas")
@pytest.mark.parametrize(
    ("csv", "problem"),
    [
        (b"promptText\n\xff\n", "Supplied CSV input file encoding must be UTF-8."),
        (b"", "Pandas failed to read input binary data: No columns to parse from file"),
        (b"a,b\n1,2,3,4\n1\n1,2,3,4,5\n", "Pandas failed to read input binary data: "),
    ],
)
def test_what_is_no_csv_is_refused(csv: bytes, problem: str) -> None:
    with pytest.raises(DrumError, match=problem):
        frame(csv)


def test_the_one_column_has_the_predictions_whatever_its_name(pandas: Any) -> None:  # noqa: ANN401
    assert predictions(pandas.DataFrame({"any": ["a", None, 3]}), "resultText") == Predictions(["a", None, 3])


@pytest.mark.parametrize("target", ["resultText", '"resultText"'])
def test_of_several_columns_that_of_the_target_has_them(pandas: Any, target: str) -> None:  # noqa: ANN401
    scored = pandas.DataFrame({"tokens": [3, 4], "resultText": ["a", "b"], "source": ["x", None]})
    extra = Extra(["tokens", "source"], [0, 1], [[3, "x"], [4, None]])
    assert predictions(scored, target) == Predictions(["a", "b"], extra)


def test_one_of_several_columns_has_the_targets_name(pandas: Any) -> None:  # noqa: ANN401
    with pytest.raises(DrumError, match=r"score must return the column resultText .* it returned: a, b"):
        predictions(pandas.DataFrame({"a": [1], "b": [2]}), "resultText")


def test_a_long_number_stays_as_it_is(pandas: Any) -> None:  # noqa: ANN401
    assert predictions(pandas.DataFrame({"a": [2**70]}), "resultText") == Predictions([2**70])


def test_what_json_does_not_hold_is_no_prediction(pandas: Any) -> None:  # noqa: ANN401
    scored = pandas.DataFrame({"a": pandas.Series(["half \ud800"], dtype=object)})
    with pytest.raises(DrumError, match=r"^score returned what JSON does not hold: .*surrogates not allowed"):
        predictions(scored, "resultText")


@pytest.mark.usefixtures("pandas")
def test_a_hook_gives_a_data_frame() -> None:
    with pytest.raises(DrumError, match="score must return a dataframe, but received <class 'list'>"):
        predictions(["a"], "resultText")


def test_without_pandas_a_client_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DrumError, match=r"needs pandas: install it beside the worker\.$"):
        frame(b"promptText\nhi\n")
