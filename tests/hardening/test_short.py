"""`make harden`, in short: some seconds of each part."""

from dataclasses import replace
from pathlib import Path

import pytest

from hardening import fuzzing, hostile, soak
from hardening.chaos import run as chaos
from hardening.options import Engine, Options
from hardening.outcome import Outcome
from tests.hostile.inputs import INPUTS

SHORT = Options(inputs=60, seconds=10, clients=8, requests=1500, patience=90)
FAKE, REAL = replace(SHORT, engine=Engine.FAKE), replace(SHORT, engine=Engine.REAL, seconds=25)


def told(outcome: Outcome, name: str) -> float:
    return next(figure.value for figure in outcome.figures if figure.name == name)


def ignored(step: str) -> None:
    """What goes on now is of no interest."""


def test_made_up_requests_break_nothing(tmp_path: Path) -> None:
    outcome = fuzzing.run(FAKE, tmp_path, ignored)
    assert outcome.breaches == ()
    assert all(
        told(outcome, f"{name}: inputs tried") > 0
        for name in ("plain", "lmi", "lmi, rolling batch", "datarobot", "runpod")
    )


def test_faults_lose_nothing(tmp_path: Path) -> None:
    outcome = chaos.run(FAKE, tmp_path, ignored)
    assert outcome.breaches == ()
    assert told(outcome, "faults injected") > 0
    assert told(outcome, "requests: complete answers") > 0
    assert told(outcome, "jobs: COMPLETED") > 0


def test_a_soak_leaves_nothing_behind(tmp_path: Path) -> None:
    outcome = soak.run(FAKE, tmp_path, ignored)
    assert outcome.breaches == ()
    assert told(outcome, "requests lost") == 0


@pytest.mark.real
def test_hostile_requests_leave_the_engine_alive(tmp_path: Path) -> None:
    outcome = hostile.run(REAL, tmp_path, ignored)
    assert outcome.breaches == ()
    assert told(outcome, "inputs tried") == len(INPUTS)


@pytest.mark.real
def test_faults_lose_nothing_of_a_real_engine(tmp_path: Path) -> None:
    outcome = chaos.run(REAL, tmp_path, ignored)
    assert outcome.breaches == ()
    assert told(outcome, "faults injected") > 0
    assert told(outcome, "requests: complete answers") > 0
