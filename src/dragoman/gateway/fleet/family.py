"""All processes of one worker, however far they have gone from the first one."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Collection

import psutil

TICK = 0.02
# Nothing but the kernel keeps a killed process for longer.
KILLING = 2.0
NAME = "RUNPOD_POD_ID"
"""The variable that names a worker, in RunPod's containers and here; whatever a worker starts inherits it."""


class Family:
    """The processes of a worker that was started as the leader of a session.

    A process belongs to it that descends from the first one, is in its session, or has the worker's name in its
    environment: each of these can be lost, by the end of a parent, by ``setsid``, and by a process that writes its
    title over its environment.

    Args:
        pid: the first process's.
        worker: the id in its environment.
    """

    def __init__(self, pid: int, worker: str) -> None:
        self._pid = pid
        self._worker = worker
        self._known: frozenset[psutil.Process] = frozenset()

    async def look(self) -> list[psutil.Process]:
        """Return those that run; who was seen once stays known, whatever becomes of its parents."""
        return await asyncio.to_thread(self._look)

    async def end(self, patience: float) -> None:
        """Return when none is left, but for what the kernel does not let go of.

        Args:
            patience: seconds that they have after SIGTERM; with none they get SIGKILL at once.
        """
        if patience > 0:
            await _signal(await self.look(), signal.SIGTERM, patience)
        while left := await self.look():
            if await _signal(left, signal.SIGKILL, KILLING):
                return

    def _look(self) -> list[psutil.Process]:
        members = [process for process in map(_process, psutil.pids()) if process and self._has(process)]
        descendants = (each for member in members for each in _descendants(member))
        self._known = frozenset(filter(_runs, {*self._known, *members, *descendants}))
        return list(self._known)

    def _has(self, process: psutil.Process) -> bool:
        try:
            return os.getsid(process.pid) == self._pid or process.environ().get(NAME) == self._worker
        except (OSError, psutil.Error):
            return False


async def _signal(processes: Collection[psutil.Process], number: signal.Signals, patience: float) -> bool:
    """Return whether any of them is left when the patience is over."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)
    end = asyncio.get_running_loop().time() + patience
    while (left := any(map(_runs, processes))) and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(TICK)
    return left


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _runs(process: psutil.Process) -> bool:
    """Return whether it does; a zombie has no more to do than be counted by its parent."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
