import asyncio
import json
import sys
from pathlib import Path

import pytest

from bench import drum, machine, row_rounds
from bench.errors import BenchError, RequestError
from bench.job_rounds import JobVisit
from bench.options import Options, Part
from dragoman.models import MINI
from tests.bench import fake_drum, fake_server

FAKE = (sys.executable, "-m", fake_drum.__name__)
ROWS = frozenset({Part.ROWS})


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drum, "PROGRAM", tmp_path)
    monkeypatch.setattr(drum, "COMMANDS", {"DRUM": FAKE, "dragoman": FAKE})
    monkeypatch.setattr(row_rounds, "COUNT", 3)
    monkeypatch.setattr(machine, "LOOK", 0.01)


def compare(options: Options, logs: Path) -> tuple[list[JobVisit], list[str]]:
    told: list[str] = []
    return asyncio.run(row_rounds.compare(options, logs, told.append)), told


def test_both_are_measured_in_every_round(tmp_path: Path) -> None:
    options = Options(model="mini", rounds=2, parts=ROWS)
    [visit], told = compare(options, tmp_path)
    assert [(pair.round, pair.measure) for pair in visit.pairs] == [(1, row_rounds.ROWS), (2, row_rounds.ROWS)]
    assert all(pair.value > 0 and pair.beside for pair in visit.pairs)
    assert len(told) == row_rounds.steps(options)
    assert not visit.survivors


def test_rows_that_are_not_to_be_measured(tmp_path: Path) -> None:
    options = Options(model="mini", parts=frozenset({Part.START}))
    assert compare(options, tmp_path) == ([], [])
    assert row_rounds.steps(options) == 0


def test_both_are_given_the_same_arguments_for_the_engine(tmp_path: Path) -> None:
    options = Options(model=str(MINI), flags=("--max-model-len", "16"), environment={"COLOUR": "blue"})
    model = row_rounds.custom_model(tmp_path, options)
    written = json.loads((tmp_path / "engine_config.json").read_text())
    assert written == {"args": ["--model", str(MINI), "--enforce-eager", "--max-model-len", "16"]}
    assert {"COLOUR": "blue", "OMP_NUM_THREADS": "1"}.items() <= model.environment.items()


def test_no_round_has_the_rows_of_another() -> None:
    one, other = (row_rounds.csv(number, 3).decode().splitlines() for number in (1, 2))
    assert len(one) == len(other) == 4
    assert set(one) & set(other) == {row_rounds.COLUMN}


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, {"message": "ERROR: no"}),
        (200, ["a", "b"]),
        (200, {"predictions": ["a"]}),
        (200, {"predictions": ["a", None]}),
        (200, {"predictions": ["a", ""]}),
    ],
)
def test_every_row_is_to_be_answered(status: int, content: object) -> None:
    with pytest.raises(RequestError, match="2 predictions asked for"):
        row_rounds.checked(status, content, 2)


def test_a_server_without_predictions_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drum, "COMMANDS", {"DRUM": FAKE, "dragoman": (sys.executable, fake_server.__file__)})
    with pytest.raises(BenchError, match="dragoman: 404"):
        compare(Options(model="mini", parts=ROWS), tmp_path)
