"""Shared memory: what vLLM's processes tell each other through, and what dead ones left there."""

import os
import re
import shlex
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import MIB, gib, listed

# vLLM's MessageQueue is a ring of ten chunks: of 16 MiB for what all workers are told (this variable), and of 24 MiB
# for what each of them answers. Groups of several ranks have one of six chunks of 4 MiB too.
CHUNK_VARIABLE, CHUNK = "VLLM_MQ_MAX_CHUNK_BYTES_MB", 16
CHUNKS, ANSWERS, GROUP = 10, 240 * MIB, 24 * MIB
# NCCL's buffers between two GPUs that cannot reach each other's memory.
NCCL = 64 * MIB
# What Python's shared memory, vLLM, torch, NCCL and Intel's OpenMP call their files.
_OURS = re.compile(r"(psm_|vllm|VLLM_|torch_\d|nccl-|__KMP_REGISTERED_LIB_).*")
# As many names as fit on a command line that people read.
MOST = 20
# A process that is being started has not opened its file yet; seconds.
_YOUNG = 60.0


@dataclass(frozen=True, slots=True)
class SharedMemory:
    """The file system of shared memory.

    Args:
        total: its bytes; None where there is none.
        free: those that are left.
        left: files that nobody has open, as paths.
        lost: their bytes.
    """

    total: int | None
    free: int = 0
    left: tuple[str, ...] = ()
    lost: int = 0


def look(subject: Subject) -> SharedMemory:
    """Measure the file system, and compare its files with what processes have open."""
    shm = subject.places.shm
    try:
        size = os.statvfs(shm)
    except OSError:
        return SharedMemory(None)
    left = list(_left(shm, subject.places.proc))
    lost = sum(path.stat().st_blocks * 512 for path in left if path.exists())
    return SharedMemory(size.f_blocks * size.f_frsize, size.f_bavail * size.f_frsize, tuple(map(str, left)), lost)


def room(subject: Subject, found: SharedMemory) -> Iterator[Finding]:
    """Whether the workers' messages fit."""
    need, shm = needed(subject), subject.places.shm
    if not need:
        yield fine("shared memory is not needed: the engine computes in one process")
    elif found.total is None:
        what = f"there is no {shm}"
        why = "vLLM's processes have nothing to talk through."
        yield problem(what, why, f"mkdir -p {shm} && mount -t tmpfs -o size=2g shm {shm}")
    elif found.free < need:
        what = f"{shm} has {gib(found.free)} of {gib(found.total)} left, and vLLM's workers may need {gib(need)}"
        why = "A worker that finds no room there is killed by SIGBUS. In Docker: --shm-size 2g or --ipc host."
        size = max(2, -(-(found.total - found.free + need) // 2**30))
        yield problem(what, why, f"mount -o remount,size={size}g {shm}")
    else:
        yield fine(f"{shm} has room for the workers: {gib(found.free)}")


def leftovers(subject: Subject, found: SharedMemory) -> Iterator[Finding]:
    """What killed processes left."""
    if found.left:
        names = [Path(path).name for path in found.left]
        what = f"in {subject.places.shm} nobody has open: {listed(names)} ({gib(found.lost)})"
        why = "Killed processes left it, and it takes memory until it is removed. With --ipc host others may need it."
        yield advice(what, why, "rm -f " + " ".join(map(shlex.quote, found.left[:MOST])))
    else:
        yield fine("killed processes have left nothing in shared memory")


def needed(subject: Subject) -> int:
    """Return how many bytes of shared memory the settings may have vLLM use."""
    if not subject.has_engine or not subject.has_workers:
        return 0
    chunk = subject.variables.get(CHUNK_VARIABLE, "")
    ring = CHUNKS * (int(chunk) if chunk.isdigit() else CHUNK) * MIB
    group = GROUP + NCCL if subject.ranks > 1 else 0
    return (ring + subject.ranks * (ANSWERS + group)) * (subject.value("data_parallel_size") or 1)


def _left(shm: Path, proc: Path) -> Iterator[Path]:
    """Yield the files of this user's that no process has open or mapped, but for those of this minute."""
    old = time.time() - _YOUNG
    ours = [path for path in _files(shm) if _OURS.fullmatch(path.name)]
    used = set(_used(shm, proc)) if ours else set()
    for path in sorted(ours):
        status = path.stat()
        if str(path) not in used and status.st_uid == os.getuid() and status.st_mtime < old:
            yield path


def _files(directory: Path) -> Iterable[Path]:
    return [path for path in directory.iterdir() if path.is_file() and not path.is_symlink()]


def _used(shm: Path, proc: Path) -> Iterator[str]:
    """Yield the paths below shared memory that processes have mapped or open, as far as this user may know."""
    for process in proc.glob("[0-9]*"):
        try:
            for line in (process / "maps").read_text(errors="replace").splitlines():
                _, found, name = line.partition(f" {shm}/")
                if found:
                    yield f"{shm}/{name.removesuffix(' (deleted)')}"
            for descriptor in (process / "fd").iterdir():
                yield os.readlink(descriptor)
        except OSError:
            continue


TOPIC = Topic(
    "shared memory",
    look,
    (
        Check("shm", "The size of `/dev/shm` against what vLLM's workers need of it.", room),
        Check("shm-leftovers", "Files in `/dev/shm` that killed processes left.", leftovers),
    ),
)
