"""Workers held to one core each, from outside: every thread of every process of theirs."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.errors import BenchError

CPUS = Path("/sys/devices/system/cpu")
SERVER = "dragoman server"


def cores(count: int, cpus: Path = CPUS) -> list[int]:
    """Choose processors that this process may run on, of as many cores as there are.

    Raises:
        BenchError: there are fewer processors.
    """
    allowed = sorted(os.sched_getaffinity(0))
    firsts = {_siblings(cpus, cpu): cpu for cpu in reversed(allowed)}
    chosen = sorted(allowed, key=lambda cpu: (cpu not in firsts.values(), cpu))[:count]
    if len(chosen) < count:
        raise BenchError(f"{count} processors are needed, and there is {len(chosen)}")
    return chosen


@dataclass(frozen=True)
class Worker:
    """A worker on a core of its own.

    Args:
        doorman: the parent of all its processes.
        core: number of the processor.
    """

    doorman: psutil.Process
    core: int

    def hold(self) -> None:
        """Put every thread on the core; those that begin later are there from the beginning."""
        while strays := self.strays():
            for thread in strays:
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, {self.core})

    def check(self) -> None:
        """Raise ``BenchError`` where the worker has ended, or something of it is on another core."""
        if not self.doorman.is_running():
            raise BenchError(f"a worker has ended while it was measured (process {self.doorman.pid})")
        if strays := self.strays():
            raise BenchError(f"a worker has left core {self.core}: thread {strays[0]}")

    def processes(self) -> list[psutil.Process]:
        """Find all its processes."""
        with suppress(psutil.NoSuchProcess):
            return [self.doorman, *self.doorman.children(recursive=True)]
        return []

    def strays(self) -> list[int]:
        """Find the threads that may run elsewhere."""
        return [thread for process in self.processes() for thread in _threads(process) if self._is_stray(thread)]

    def _is_stray(self, thread: int) -> bool:
        with suppress(ProcessLookupError):
            return os.sched_getaffinity(thread) != {self.core}
        return False


def doormen(family: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Find the doorman of each worker among the processes, the oldest first.

    A server process is a fork of the preloader, which is the doorman's child; its own forks may have its name for a
    moment.
    """
    servers = [process for process in family if _name(process) == SERVER and _name(_parent(process)) != SERVER]
    found = {doorman for server in servers if (doorman := _parent(_parent(server)))}
    return sorted(found, key=lambda doorman: (doorman.create_time(), doorman.pid))


def seconds(processes: Iterable[psutil.Process]) -> dict[psutil.Process, float]:
    """Take the processor time that each of them has used."""
    used = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used[process] = times.user + times.system
    return used


def spent(before: Mapping[psutil.Process, float], after: Mapping[psutil.Process, float]) -> float:
    """Add up the seconds that processes have used meanwhile; those that have ended are not known any more."""
    return sum(used - before.get(process, 0.0) for process, used in after.items())


def _threads(process: psutil.Process) -> list[int]:
    with suppress(psutil.NoSuchProcess):
        return [thread.id for thread in process.threads()]
    return []


def _name(process: psutil.Process | None) -> str:
    with suppress(psutil.NoSuchProcess):
        return process.name() if process else ""
    return ""


def _parent(process: psutil.Process | None) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):
        return process.parent() if process else None
    return None


def _siblings(cpus: Path, cpu: int) -> str:
    try:
        return (cpus / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text()
    except OSError:
        return str(cpu)
