"""Limits and switches of the kernel."""

import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import gib

# Besides connections: libraries, the processes' pipes and sockets, files that are read.
FILES_BESIDES = 512
# Fewer requests than this at a time are no reason to say anything.
FEWEST_FILES = 1024
PROCESSES = 1024
UNLIMITED = resource.RLIM_INFINITY
# vm.overcommit_memory, in proc_sys_vm(5).
STRICT = "2"


@dataclass(frozen=True, slots=True)
class Kernel:
    """Limits of this process, -1 for none, and what the kernel's files say.

    Args:
        files: descriptors, soft and hard.
        locked: bytes that may be locked in memory.
        processes: processes and threads of this user.
        memory: bytes of address space.
        overcommit: vm.overcommit_memory; empty where it is not told.
        huge_pages: the choice among those of transparent_hugepage/enabled; empty where it is not told.
    """

    files: tuple[int, int]
    locked: int
    processes: int
    memory: int
    overcommit: str
    huge_pages: str


def look(subject: Subject) -> Kernel:
    """Read the limits of this process, which the worker's inherit, and the kernel's files."""
    places = subject.places
    pages = _text(places.sys / "kernel/mm/transparent_hugepage/enabled")
    return Kernel(
        files=resource.getrlimit(resource.RLIMIT_NOFILE),
        locked=resource.getrlimit(resource.RLIMIT_MEMLOCK)[0],
        processes=resource.getrlimit(resource.RLIMIT_NPROC)[0],
        memory=resource.getrlimit(resource.RLIMIT_AS)[0],
        overcommit=_text(places.proc / "sys/vm/overcommit_memory"),
        huge_pages=pages.partition("[")[2].partition("]")[0],
    )


def files(subject: Subject, kernel: Kernel) -> Iterator[Finding]:
    """Whether there are descriptors for as many connections as the worker lets in."""
    soft, hard = kernel.files
    active = subject.value("max_num_seqs") or 256
    need = max(FEWEST_FILES, FILES_BESIDES + active + (subject.value("max_queue") or max(256, 4 * active)))
    if soft != UNLIMITED and soft < need:
        what = f"a process may have {soft} files and connections open, and a full queue needs about {need}"
        why = "Beyond that clients are not answered at all."
        cure = (
            f"ulimit -n {need}"
            if hard == UNLIMITED or hard >= need
            else f"sudo prlimit --pid $$ --nofile={need}:{need}"
        )
        yield advice(what, why, cure)
    else:
        yield fine(f"a process may have {'any number of' if soft == UNLIMITED else soft} files open")


def processes(subject: Subject, kernel: Kernel) -> Iterator[Finding]:
    """Whether there may be as many threads as vLLM's libraries start."""
    if 0 <= kernel.processes < PROCESSES:
        what = f"this user may have {kernel.processes} processes and threads"
        why = "vLLM's libraries start several for each core, and fail where they may not."
        yield problem(what, why, f"sudo prlimit --pid $$ --nproc={4 * PROCESSES}")
    else:
        yield fine("there may be enough processes and threads")


def locked(subject: Subject, kernel: Kernel) -> Iterator[Finding]:
    """Whether memory can be locked for transfers between GPUs and network cards."""
    several = subject.value("nnodes") not in (None, 1) or bool(subject.value("kv_transfer_config"))
    if several and kernel.locked != UNLIMITED:
        what = f"{gib(kernel.locked)} of memory may be locked"
        why = "Network cards that read GPUs' memory need it without a limit; they fall back to slower ways or fail."
        yield advice(what, why, "sudo prlimit --pid $$ --memlock=unlimited:unlimited")
    else:
        yield fine("no more memory has to be locked than may be")


def space(subject: Subject, kernel: Kernel) -> Iterator[Finding]:
    """Whether the address space is limited."""
    if kernel.memory != UNLIMITED and subject.has_engine:
        what = f"a process may have {gib(kernel.memory)} of address space"
        why = "CUDA and torch reserve far more of it than they use."
        yield problem(what, why, "ulimit -v unlimited")
    else:
        yield fine("address space is not limited")


def overcommit(subject: Subject, kernel: Kernel) -> Iterator[Finding]:
    """Whether a large process can be forked."""
    if kernel.overcommit == STRICT and subject.has_engine:
        what = "the kernel promises no more memory than it has (vm.overcommit_memory 2)"
        why = "The worker forks a process that has imported vLLM, which then fails though memory is free."
        yield problem(what, why, "sudo sysctl -w vm.overcommit_memory=0")
    else:
        yield fine("large processes can be forked")


def huge_pages(subject: Subject, kernel: Kernel) -> Iterator[Finding]:
    """Whether a CPU's weights can be in huge pages."""
    if kernel.huge_pages == "never" and not subject.gpus and subject.has_engine:
        what = "the kernel makes no huge pages (transparent_hugepage never)"
        why = "On a CPU, reading the weights takes longer with small ones."
        cure = "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"
        yield advice(what, why, cure)
    else:
        yield fine("huge pages can be had, or are not needed")


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


TOPIC = Topic(
    "the kernel",
    look,
    (
        Check("nofile", "Descriptors for as many connections as are let in (`ulimit -n`).", files),
        Check("nproc", "Processes and threads that this user may have (`ulimit -u`).", processes),
        Check("memlock", "Locked memory, where several machines or a KV transfer need it (`ulimit -l`).", locked),
        Check("address-space", "A limit of the address space (`ulimit -v`).", space),
        Check("overcommit", "Whether the kernel lets a large process be forked.", overcommit),
        Check("huge-pages", "Transparent huge pages, which matter on a CPU.", huge_pages),
    ),
)
