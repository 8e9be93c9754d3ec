"""Nobody outlives the worker: parent-death signals, adoption of orphans, and their end.

Linux only, as vLLM is: ``prctl(2)``.
"""

import contextlib
import ctypes
import os
import signal

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def die_with(parent: int) -> None:
    """Has the kernel kill this process when its parent ends, and ends it now when that has happened already.

    Args:
        parent: pid that the parent had when it made this process.
    """
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def bind_forks() -> None:
    """From now on every process that this one or a fork of it forks dies with its parent."""
    parent = os.getpid()

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: die_with(parent))


def adopt_orphans() -> None:
    """Makes this process the parent of every descendant that loses its own."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_orphans(patience: float, spare: int) -> None:
    """Reaps what this process adopted: first what ends by itself within the patience, then the rest by SIGKILL.

    Args:
        patience: seconds; multiprocessing's resource tracker uses them to unlink shared memory.
        spare: pid of the one child that is no orphan.
    """
    while families := _families_without(spare):
        _, alive = psutil.wait_procs(families, timeout=patience)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        _, unkillable = psutil.wait_procs(alive, timeout=patience)
        if unkillable:
            return


def _families_without(spare: int) -> list[psutil.Process]:
    """The children of this process but one, and their descendants; more appear while the first of them end."""
    orphans = [child for child in psutil.Process().children() if child.pid != spare]
    return [member for orphan in orphans for member in (orphan, *_descendants(orphan))]


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
