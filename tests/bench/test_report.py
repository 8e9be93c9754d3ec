import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench import report
from bench.errors import BenchError
from bench.figures import Figure
from bench.machine import Noise
from bench.options import Options, Part
from bench.rounds import Visit
from bench.servers import DRAGOMAN, STOCK, Side

QUIET = Noise(load_average=0.0, busy=0.0)


def visit(number: int, side: Side, value: float, noise: Noise = QUIET, survivors: tuple[str, ...] = ()) -> Visit:
    figures = (Figure("launch", "first token", "s", value),) if number else ()
    return Visit(number, side, noise, figures, survivors)


VISITS = [
    visit(0, DRAGOMAN, 0.0),
    visit(0, STOCK, 0.0),
    visit(1, STOCK, 30.0),
    visit(1, DRAGOMAN, 9.0),
    visit(2, DRAGOMAN, 10.0),
    visit(2, STOCK, 50.0),
    visit(3, STOCK, 40.0),
    visit(3, DRAGOMAN, 20.0),
]
LONGEST = report.Line("32 clients", "whole answers", "requests/s", 12345.6, 234.56, 52.63, 0.01234, 123.4)
OPTIONS = Options(model="mini", rounds=3)


def test_medians_and_ratios_of_the_same_round() -> None:
    [line] = report.lines(VISITS)
    assert (line.group, line.name, line.unit) == ("launch", "first token", "s")
    assert (line.dragoman, line.stock) == (10.0, 40.0)
    assert line.ratio == pytest.approx(0.3)
    assert line.lowest == pytest.approx(0.2)
    assert line.highest == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("unit", "ratio", "better"),
    [("s", 0.5, True), ("MiB", 1.5, False), ("requests/s", 1.5, True), ("tokens/s", 0.9, False)],
)
def test_rates_are_to_be_high_and_all_else_low(unit: str, ratio: float, better: bool) -> None:
    assert report.Line("", "", unit, 1.0, 1.0, ratio, ratio, ratio).better is better


@pytest.mark.parametrize(("value", "text"), [(1234.5, "1,234"), (123.45, "123.5"), (9.876, "9.88"), (0.2, "0.20")])
def test_numbers_are_short(value: float, text: str) -> None:
    assert report.number(value) == text


def test_the_table_fits_a_terminal() -> None:
    console = Console(width=80, file=StringIO())
    with console.capture() as capture:
        console.print(report.table([*report.lines(VISITS), LONGEST], "title"))
    text = " ".join(capture.get().split())
    assert "dragoman stock vLLM ratio rounds" in text
    assert "launch first token (s) 10.00 40.00 0.300 0.200 … 0.500" in text
    assert "whole answers (requests/s) 12,346 234.6 53 0.012 … 123" in text


def test_notes_name_what_was_left_behind_and_what_was_loud() -> None:
    visits = [
        visit(1, DRAGOMAN, 1.0, noise=Noise(load_average=99.0, busy=0.0)),
        visit(1, STOCK, 1.0, survivors=("VLLM::EngineCore (7)",)),
    ]
    restart, left, loud = report.notes(OPTIONS, visits)
    assert "Stock vLLM exits" in restart
    assert left == "Round 1: stock vLLM had to be killed after SIGTERM: VLLM::EngineCore (7)."
    assert loud.startswith("Not a quiet machine")


def test_the_restart_is_explained_only_where_it_was_measured() -> None:
    assert report.notes(Options(model="mini", parts=frozenset({Part.START})), VISITS) == []


def test_the_document_is_json(tmp_path: Path) -> None:
    path = tmp_path / "results" / "one.json"
    report.prepare(path)
    report.write(report.document(OPTIONS, {"cores": 2}, VISITS), path)
    document = json.loads(path.read_text())
    assert document["machine"] == {"cores": 2}
    assert document["options"]["parts"] == ["gateway", "jobs", "load", "replicas", "restart", "rows", "start"]
    assert document["summary"][0]["stock"] == 40.0
    assert document["visits"][2]["side"] == "stock vLLM"
    assert document["visits"][2]["figures"][0]["value"] == 30.0


def test_a_document_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "one.json"):
        with pytest.raises(BenchError, match="cannot be written"):
            report.prepare(path)
