from pathlib import Path

import pytest

from dragoman.diagnosis.boots import last, look
from dragoman.process.boots import Boots
from dragoman.process.timeline import Boot, BootPhase
from tests.diagnosis.subjects import judged, subject


def boot(seconds: float, longest: str) -> Boot:
    return Boot(seconds, (BootPhase("importing", 0.0, 1.0), BootPhase(longest, 1.0, seconds - 1.0)))


@pytest.mark.parametrize(
    ("found", "severity", "what"),
    [
        (None, "fine", "no start of this configuration"),
        (
            boot(14.0, "loading the weights"),
            "fine",
            "the last start took 14.0 seconds, 13.0 of them for loading the weights",
        ),
        (boot(300.0, "downloading"), "advice", "299.0 of them for downloading"),
        (boot(30.0, "downloading"), "fine", "29.0 of them for downloading"),
    ],
)
def test_last(found: Boot | None, severity: str, what: str) -> None:
    verdict = judged(last, found)
    assert verdict.severity == severity
    assert what in verdict.what


def test_looking(tmp_path: Path) -> None:
    worker = subject(VLLM_CACHE_ROOT=str(tmp_path))
    assert look(worker) is None
    Boots.of(worker.resolution, worker.variables).keep(boot(14.0, "loading the weights"))
    assert look(worker) == boot(14.0, "loading the weights")
    assert look(subject("--enable-auto-tool-choice", VLLM_CACHE_ROOT=str(tmp_path))) is None
