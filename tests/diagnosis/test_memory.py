from dataclasses import replace
from functools import partial

import pytest

from dragoman.diagnosis.memory import Resources, chosen, cores, look, room, swap
from dragoman.diagnosis.units import GIB
from dragoman.machine import Cores, Memory
from dragoman.models import MINI
from dragoman.settings.footprint import Footprint
from tests.diagnosis.subjects import judged, subject

SMALL = Footprint(10**9, 2 * GIB, 2 * GIB, 10_000, 4096)
HEALTHY = Resources(Memory(32 * GIB, 24 * GIB, False), Cores(8, None), 0, SMALL, 0)
but = partial(replace, HEALTHY)


def left(available: int, limited: bool = False) -> Memory:
    return Memory(32 * GIB, available, limited)


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        (HEALTHY, "fine"),
        (but(memory=left(3 * GIB)), "problem"),
        (but(memory=left(5 * GIB, limited=True)), "problem"),
        (but(memory=left(6 * GIB, limited=True)), "fine"),
        (but(memory=left(4 * GIB), size=replace(SMALL, token=10**6)), "advice"),
        (but(size=None), "fine"),
        (but(size=None, memory=left(GIB)), "problem"),
        (but(gpus=1, memory=left(6 * GIB)), "fine"),
        (but(gpus=1, memory=left(2 * GIB)), "problem"),
    ],
)
def test_room(found: Resources, severity: str) -> None:
    assert judged(room, found).severity == severity


def test_a_context_that_fits_is_proposed() -> None:
    found = judged(room, but(memory=left(4 * GIB), size=replace(SMALL, token=10**6)))
    assert found.cure == "dragoman serve --gpus 0 --max-model-len 429"


@pytest.mark.parametrize(
    ("arguments", "severity"),
    [([], "fine"), (["--kv-cache-memory-bytes", "4G"], "fine"), (["--kv-cache-memory-bytes", "23G"], "problem")],
)
def test_chosen(arguments: list[str], severity: str) -> None:
    assert judged(chosen, HEALTHY, subject(*arguments)).severity == severity


@pytest.mark.parametrize(
    ("found", "threads", "severity"),
    [
        (HEALTHY, "8", "fine"),
        (HEALTHY, "16", "advice"),
        (but(cores=Cores(8, 2.0)), "4", "advice"),
        (but(cores=Cores(8, 0.5)), "1", "advice"),
        (but(gpus=1), "16", "fine"),
    ],
)
def test_cores(found: Resources, threads: str, severity: str) -> None:
    assert judged(cores, found, subject(OMP_NUM_THREADS=threads)).severity == severity


@pytest.mark.parametrize(
    ("found", "severity", "cure"),
    [
        (HEALTHY, "fine", ""),
        (but(swapped=4 * GIB), "advice", "sudo swapoff -a && sudo swapon -a"),
        (but(swapped=24 * GIB), "advice", "ps -eo pid,rss,comm --sort=-rss | head"),
        (but(swapped=4 * GIB, memory=left(24 * GIB, limited=True)), "advice", ""),
    ],
)
def test_swap(found: Resources, severity: str, cure: str) -> None:
    verdict = judged(swap, found)
    assert (verdict.severity, verdict.cure) == (severity, cure)


def test_looking() -> None:
    found = look(subject("--model", str(MINI)))
    assert found.size is not None
    assert found.memory.available > 0
    assert look(subject("--engine-url", "http://localhost:1")).size is None
