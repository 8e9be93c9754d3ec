"""`dragoman doctor` as a user runs it."""

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dragoman.models import MINI
from tests.cli.test_processes import run


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The worst finding of each check, by the check's name."""
    order = ("fine", "advice", "problem")
    listed = sorted(json.loads(done.stdout)["findings"], key=lambda each: order.index(each["severity"]))
    return {each["check"]: each for each in listed}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A user's variables, with nothing in their home."""
    return {"HOME": str(tmp_path), "DRAGOMAN_HOST": "127.0.0.1", "DRAGOMAN_PORT": "0"}


def test_json(home: dict[str, str]) -> None:
    done = run("doctor", "--json", "--gpus", "0", **home)
    assert done.stderr == ""
    shown = json.loads(done.stdout)
    assert shown["platform"] == "plain"
    assert {tuple(each) for each in shown["findings"]} == {("check", "severity", "what", "why", "cure")}
    problems = [each for each in shown["findings"] if each["severity"] == "problem"]
    assert done.returncode == bool(problems)


def test_a_taken_port(home: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("doctor", "--json", "--gpus", "0", "--port", str(taken.getsockname()[1]), **home)
    assert done.returncode == 1
    assert findings(done)["port"]["severity"] == "problem"


def test_a_truncated_model(home: dict[str, str], tmp_path: Path) -> None:
    model = tmp_path / "m"
    model.mkdir()
    for file in MINI.iterdir():
        (model / file.name).write_bytes(file.read_bytes())
    (model / "model.safetensors").write_bytes((MINI / "model.safetensors").read_bytes()[:-1])
    done = run("doctor", "--json", "--gpus", "0", str(model), **home)
    assert done.returncode == 1
    assert findings(done)["weights"]["what"] == "model.safetensors cannot be read: it is shorter than its header says"


def test_errors_in_the_settings_do_not_end_the_examination(home: dict[str, str]) -> None:
    done = run("doctor", "--json", "--gpus", "0", "--max-modle-len", "1", MAX_NUM_SEQ="3", **home)
    assert done.returncode == 2
    found = findings(done)
    assert found["settings"]["severity"] == "problem"
    assert found["warnings"]["cure"] == 'export MAX_NUM_SEQS="$MAX_NUM_SEQ"; unset MAX_NUM_SEQ'
    assert found["tmpdir"]["severity"] == "fine"


def test_for_people(home: dict[str, str]) -> None:
    done = run("doctor", "--gpus", "0", "/nowhere", "--api-key", "sesame-open-sesame", **home)
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    assert lines[0] == "platform plain"
    assert "problem  model '/nowhere' (command line) does not exist" in lines
    assert "--all lists them" in lines[-1]
    assert not any(line.startswith("fine") for line in lines)
    assert "sesame" not in done.stdout


def test_all(home: dict[str, str]) -> None:
    done = run("doctor", "--all", "--gpus", "0", **home)
    assert any(line.startswith("fine     ") for line in done.stdout.splitlines())
    assert "--all" not in done.stdout


def test_help() -> None:
    done = run("doctor", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for expected in ("--json", "--all", "Exit codes:", "dragoman doctor"):
        assert expected in done.stdout
