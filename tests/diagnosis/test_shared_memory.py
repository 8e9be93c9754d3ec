import os
import time
from pathlib import Path

import pytest

from dragoman.diagnosis.shared_memory import SharedMemory, leftovers, look, needed, room
from dragoman.diagnosis.subject import Places
from dragoman.diagnosis.units import GIB, MIB
from tests.diagnosis.subjects import judged, subject

LONG_AGO = time.time() - 3600


@pytest.mark.parametrize(
    ("found", "arguments", "severity"),
    [
        (SharedMemory(64 * MIB, 64 * MIB), [], "fine"),
        (SharedMemory(64 * MIB, 64 * MIB), ["--gpus", "1"], "fine"),
        (SharedMemory(64 * MIB, 64 * MIB), ["--distributed-executor-backend", "mp"], "problem"),
        (SharedMemory(64 * MIB, 64 * MIB), ["--gpus", "2", "-tp", "2"], "problem"),
        (SharedMemory(8 * GIB, 8 * GIB), ["--gpus", "2", "-tp", "2"], "fine"),
        (SharedMemory(None), ["--gpus", "2", "-tp", "2"], "problem"),
        (SharedMemory(None), [], "fine"),
        (SharedMemory(None), ["--engine-url", "http://localhost:1"], "fine"),
    ],
)
def test_room(found: SharedMemory, arguments: list[str], severity: str) -> None:
    assert judged(room, found, subject(*arguments)).severity == severity


def test_the_cure_keeps_what_is_there() -> None:
    found = judged(room, SharedMemory(3 * GIB, GIB // 4), subject("--gpus", "4", "-tp", "4"))
    assert found.cure == "mount -o remount,size=5g /dev/shm"


def test_more_workers_need_more() -> None:
    two, four = (needed(subject("--gpus", "4", "-tp", size)) for size in ("2", "4"))
    assert 0 < two < four
    assert needed(subject("--gpus", "2", "-tp", "2", VLLM_MQ_MAX_CHUNK_BYTES_MB="32")) == two + 160 * MIB


def test_leftovers() -> None:
    assert judged(leftovers, SharedMemory(GIB)).severity == "fine"
    found = judged(leftovers, SharedMemory(GIB, left=("/dev/shm/psm_a", "/dev/shm/vllm b"), lost=3 * MIB))
    assert (found.severity, found.cure) == ("advice", "rm -f /dev/shm/psm_a '/dev/shm/vllm b'")


def process(proc: Path, pid: int, maps: str) -> None:
    (proc / str(pid) / "fd").mkdir(parents=True)
    (proc / str(pid) / "maps").write_text(maps)


def test_looking_for_leftovers(tmp_path: Path) -> None:
    shm, proc = tmp_path / "shm", tmp_path / "proc"
    shm.mkdir()
    for name in ("psm_dead", "psm_mapped", "psm_open", "somebody-elses", "psm_new"):
        (shm / name).write_bytes(b"x" * 10)
        if name != "psm_new":
            os.utime(shm / name, (LONG_AGO, LONG_AGO))
    process(proc, 7, f"7f00-7f01 rw-s 00000000 00:19 5 {shm}/psm_mapped\n7f02-7f03 r-xp 00000000 00:00 0\n")
    (proc / "7" / "fd" / "3").symlink_to(shm / "psm_open")
    found = look(subject(places=Places(proc=proc, shm=shm)))
    assert found.left == (str(shm / "psm_dead"),)
    assert found.total is not None


def test_no_shared_memory(tmp_path: Path) -> None:
    assert look(subject(places=Places(shm=tmp_path / "none"))) == SharedMemory(None)
