"""The command line of `make harden`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hardening import __main__ as command
from hardening.options import SEED, Options, Part
from hardening.outcome import Breach, Figure, Outcome, Tell

GOOD = Outcome((Figure("requests lost", 0),))
BAD = Outcome((Figure("requests lost", 1),), (Breach("every request ends", "that one did not"),))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Part, Options]]:
    """What the parts are asked for; the soak breaks a promise."""
    asked: list[tuple[Part, Options]] = []
    for part in Part:

        def run(options: Options, logs: Path, tell: Tell, part: Part = part) -> Outcome:
            asked.append((part, options))
            return BAD if part is Part.SOAK else GOOD

        monkeypatch.setitem(command.RUNS, part, run)
    return asked


def harden(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command.app, [*arguments, "--out", str(tmp_path / "out.json")])
    return result.exit_code, result.output


def test_all_parts_are_run_with_the_same_seed(asked: list[tuple[Part, Options]], tmp_path: Path) -> None:
    harden(tmp_path)
    assert [part for part, _ in asked] == list(Part)
    assert {options.seed for _, options in asked} == {SEED}


def test_parts_are_chosen_by_name(asked: list[tuple[Part, Options]], tmp_path: Path) -> None:
    assert harden(tmp_path, "--only", "fuzz", "--only", "chaos", "--seed", "7", "--seconds", "5")[0] == 0
    assert [(part, options.seed, options.seconds) for part, options in asked] == [
        (Part.FUZZ, 7, 5.0),
        (Part.CHAOS, 7, 5.0),
    ]


@pytest.mark.usefixtures("asked")
def test_a_broken_promise_is_told_written_and_the_exit_code(tmp_path: Path) -> None:
    code, output = harden(tmp_path, "--only", "soak")
    assert code == 1
    assert "soak: NOT TRUE that every request ends: that one did not" in output
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["parts"]["soak"]["breaches"] == [{"promise": "every request ends", "evidence": "that one did not"}]


def test_what_cannot_be_written_is_told_first(asked: list[tuple[Part, Options]], tmp_path: Path) -> None:
    (tmp_path / "out.json").mkdir()
    code, output = harden(tmp_path, "--only", "fuzz")
    assert code == 1
    assert "cannot be written" in output
    assert asked == []
