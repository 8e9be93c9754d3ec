from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dragoman.diagnosis.kernel import Kernel, files, huge_pages, locked, look, overcommit, processes, space
from dragoman.diagnosis.subject import Places
from dragoman.diagnosis.units import GIB
from tests.diagnosis.subjects import judged, subject

HEALTHY = Kernel((65536, 65536), -1, -1, -1, "0", "madvise")
but = partial(replace, HEALTHY)


@pytest.mark.parametrize(
    ("limit", "severity", "cure"),
    [
        ((65536, 65536), "fine", ""),
        ((-1, -1), "fine", ""),
        ((1024, 65536), "advice", "ulimit -n 1792"),
        ((1024, -1), "advice", "ulimit -n 1792"),
        ((1024, 1024), "advice", "sudo prlimit --pid $$ --nofile=1792:1792"),
    ],
)
def test_files(limit: tuple[int, int], severity: str, cure: str) -> None:
    found = judged(files, but(files=limit))
    assert (found.severity, found.cure) == (severity, cure)


def test_a_longer_queue_needs_more_files() -> None:
    assert judged(files, but(files=(4096, 4096)), subject("--max-queue", "10000")).severity == "advice"


@pytest.mark.parametrize(("limit", "severity"), [(-1, "fine"), (4096, "fine"), (100, "problem")])
def test_processes(limit: int, severity: str) -> None:
    assert judged(processes, but(processes=limit)).severity == severity


@pytest.mark.parametrize(
    ("limit", "arguments", "severity"),
    [(65536, [], "fine"), (65536, ["--nnodes", "2"], "advice"), (-1, ["--nnodes", "2"], "fine")],
)
def test_locked(limit: int, arguments: list[str], severity: str) -> None:
    assert judged(locked, but(locked=limit), subject(*arguments)).severity == severity


@pytest.mark.parametrize(("limit", "severity"), [(-1, "fine"), (8 * GIB, "problem")])
def test_space(limit: int, severity: str) -> None:
    assert judged(space, but(memory=limit)).severity == severity


@pytest.mark.parametrize(("mode", "severity"), [("0", "fine"), ("1", "fine"), ("", "fine"), ("2", "problem")])
def test_overcommit(mode: str, severity: str) -> None:
    assert judged(overcommit, but(overcommit=mode)).severity == severity


@pytest.mark.parametrize(
    ("mode", "gpus", "severity"), [("never", "0", "advice"), ("never", "1", "fine"), ("always", "0", "fine")]
)
def test_huge_pages(mode: str, gpus: str, severity: str) -> None:
    assert judged(huge_pages, but(huge_pages=mode), subject("--gpus", gpus)).severity == severity


def test_looking(tmp_path: Path) -> None:
    pages = tmp_path / "kernel/mm/transparent_hugepage/enabled"
    overcommitted = tmp_path / "sys/vm/overcommit_memory"
    for path, text in ((pages, "always [madvise] never\n"), (overcommitted, "2\n")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    found = look(subject(places=Places(proc=tmp_path, sys=tmp_path)))
    assert (found.huge_pages, found.overcommit) == ("madvise", "2")
    nothing = look(subject(places=Places(proc=tmp_path / "none", sys=tmp_path / "none")))
    assert (nothing.huge_pages, nothing.overcommit) == ("", "")
