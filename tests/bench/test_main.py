import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bench import __main__ as command
from bench import drum, job_rounds, machine, pinning, replica_rounds, rounds
from bench.options import Part
from bench.servers import Side
from tests.bench import fake_cluster, fake_drum, fake_server, fake_worker

FAKE = (sys.executable, fake_server.__file__)
FAKE_ON_QUEUE = (sys.executable, "-m", fake_worker.__name__)
BROKEN = (sys.executable, "-c", "print('CUDA is on holiday'); raise SystemExit(3)")


@pytest.fixture
def sigterm() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dragoman: tuple[str, ...], arguments: list[str]
) -> tuple[int, str]:
    monkeypatch.setattr(rounds, "DRAGOMAN", Side("dragoman", dragoman, restarts=False))
    monkeypatch.setattr(rounds, "STOCK", Side("stock vLLM", FAKE, restarts=False))
    monkeypatch.setattr(job_rounds, "QUEUE", Side("dragoman on a queue", FAKE_ON_QUEUE, restarts=False))
    monkeypatch.setattr(rounds, "SETTLING", 0.0)
    monkeypatch.setattr(machine, "LOOK", 0.01)
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    result = CliRunner().invoke(command.app, arguments)
    return result.exit_code, result.output


@pytest.mark.parametrize("text", ["", "1,x", "0", "8,-1"])
def test_crowds_are_numbers_above_zero(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        command.crowds(text)


def test_crowds() -> None:
    assert command.crowds("1,8, 32") == (1, 8, 32)


def test_the_help_teaches() -> None:
    result = CliRunner().invoke(command.app, ["--help"])
    assert result.exit_code == 0
    assert "side by side" in result.output


@pytest.mark.usefixtures("sigterm")
def test_a_run_prints_a_table_and_writes_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    arguments = ["--rounds", "1", "--only", "start", "--out", str(out), "--", "--max-model-len", "16"]
    code, output = run(monkeypatch, tmp_path, FAKE, arguments)
    assert code == 0
    assert "first token (s)" in output
    document = json.loads(out.read_text())
    assert document["options"]["flags"][-2:] == ["--max-model-len", "16"]
    assert [line["name"] for line in document["summary"]] == [
        "first answer",
        "first token",
        "all processes",
        "parent process",
    ]


@pytest.mark.usefixtures("sigterm")
def test_jobs_have_a_table_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    arguments = ["--rounds", "1", "--requests", "1", "--tokens", "4", "--only", "jobs", "--out", str(out)]
    code, output = run(monkeypatch, tmp_path, BROKEN, arguments)
    assert code == 0
    assert "prompts (tokens/s)" in output
    assert "stock vLLM" not in output
    document = json.loads(out.read_text())
    assert document["visits"] == []
    assert len(document["jobs"]["summary"]) == 7


@pytest.mark.usefixtures("sigterm")
def test_a_worker_behind_a_gateway_has_a_table_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    arguments = ["--rounds", "1", "--requests", "1", "--tokens", "4", "--only", "gateway", "--out", str(out)]
    code, output = run(monkeypatch, tmp_path, BROKEN, arguments)
    assert code == 0
    assert "OpenAI's API at the gateway" in output
    document = json.loads(out.read_text())
    assert document["jobs"]["summary"] == []
    assert [line["measure"]["name"] for line in document["gateway"]["summary"]] == ["answer", "first token", "answers"]


@pytest.mark.usefixtures("sigterm")
def test_rows_have_a_table_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = (sys.executable, "-m", fake_drum.__name__)
    monkeypatch.setattr(drum, "PROGRAM", tmp_path)
    monkeypatch.setattr(drum, "COMMANDS", {"DRUM": fake, "dragoman": fake})
    out = tmp_path / "out.json"
    code, output = run(monkeypatch, tmp_path, BROKEN, ["--rounds", "1", "--only", "rows", "--out", str(out)])
    assert code == 0
    assert "predictions (rows/s)" in output
    [line] = json.loads(out.read_text())["rows"]["summary"]
    assert line["measure"]["target"] == 6


@pytest.mark.usefixtures("sigterm")
def test_rows_without_drum_are_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drum, "PROGRAM", tmp_path / "drum")
    code, output = run(monkeypatch, tmp_path, BROKEN, ["--only", "rows"])
    assert code == 1
    assert "scripts/install-drum" in output


@pytest.mark.usefixtures("sigterm")
def test_replicas_have_a_table_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = (sys.executable, "-m", fake_cluster.__name__)
    sides = [replace(side, command=(*fake, *side.command[4:])) for side in replica_rounds.SIDES]
    monkeypatch.setattr(replica_rounds, "SIDES", tuple(sides))
    monkeypatch.setattr(replica_rounds, "obstacle", lambda: None)
    monkeypatch.setattr(pinning, "cores", lambda count: [min(os.sched_getaffinity(0))] * count)
    out = tmp_path / "out.json"
    arguments = ["--rounds", "1", "--requests", "1", "--tokens", "4", "--only", "replicas", "--out", str(out)]
    code, output = run(monkeypatch, tmp_path, BROKEN, arguments)
    assert code == 0
    assert "2 replicas to one worker" in output
    assert "held to one core" in output
    document = json.loads(out.read_text())
    assert document["jobs"]["summary"] == []
    assert [len(visit["cores"]) for visit in document["replicas"]["visits"]] == [1, 2, 1]


@pytest.mark.usefixtures("sigterm")
def test_replicas_without_ray_are_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(replica_rounds, "obstacle", lambda: replica_rounds.MISSING)
    code, output = run(monkeypatch, tmp_path, BROKEN, ["--only", "replicas"])
    assert code == 1
    assert "pip install '.[ray]'" in output


def test_everything_is_measured_that_can_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drum, "PROGRAM", tmp_path)
    monkeypatch.setattr(replica_rounds, "obstacle", lambda: None)
    assert command.everything() == frozenset(Part)
    monkeypatch.setattr(drum, "PROGRAM", tmp_path / "drum")
    assert frozenset(Part) - command.everything() == {Part.ROWS}
    monkeypatch.setattr(replica_rounds, "obstacle", lambda: replica_rounds.MISSING)
    assert frozenset(Part) - command.everything() == {Part.ROWS, Part.REPLICAS}


@pytest.mark.usefixtures("sigterm")
def test_a_server_that_does_not_start_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, output = run(monkeypatch, tmp_path, BROKEN, ["--rounds", "1"])
    assert code == 1
    assert "dragoman ended with code 3" in output
    assert "CUDA is on holiday" in output
    assert "Traceback" not in output
