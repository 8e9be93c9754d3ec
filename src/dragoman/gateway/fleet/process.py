"""One worker in processes of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self, cast

from dragoman.gateway.fleet.family import Family
from dragoman.gateway.fleet.speech import Speech
from dragoman.process.output import LONGEST

LAUNCHER = Path(__file__).with_name("launch.py")
# What is in the pipe when the last process of a worker has ended is read in less.
LAST_LINES = 1.0


class WorkerProcess:
    """A worker that was started, and all that it has started itself.

    Args:
        worker: its id.
        process: the first process.
    """

    def __init__(self, worker: str, process: asyncio.subprocess.Process) -> None:
        self.id = worker
        self.terminated = False
        self._process = process
        self._family = Family(process.pid, worker)
        self._speech = Speech(worker)
        self._speaking = asyncio.create_task(self._speech.copy(cast(asyncio.StreamReader, process.stdout)))
        self._deadline = 0.0

    @classmethod
    async def start(cls, worker: str, command: Sequence[str], environment: Mapping[str, str]) -> Self:
        """Start a worker in a session of its own; when this process ends, however it does, it gets SIGTERM.

        Args:
            worker: its id, which the environment has to name as ``RUNPOD_POD_ID``.
            command: what to run.
            environment: all its variables.

        Raises:
            OSError: the machine has no room for one more process.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-IS", str(LAUNCHER), str(os.getpid()), *command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            limit=LONGEST,
        )
        return cls(worker, process)

    @property
    def last_words(self) -> tuple[str, ...]:
        """The last lines of its output."""
        return self._speech.last

    async def terminate(self, patience: float) -> None:
        """Have it end: SIGTERM now, SIGKILL when the patience is over. It is ``ended`` that tells when it has."""
        if self.terminated:
            return
        self.terminated = True
        self._deadline = asyncio.get_running_loop().time() + patience
        asyncio.get_running_loop().call_later(patience, self._send, signal.SIGKILL)
        await self._family.look()
        # To the first process alone, as containers are ended: it knows in which order its others are to go.
        self._send(signal.SIGTERM)

    async def kill(self) -> None:
        """End all its processes at once."""
        self.terminated = True
        self._deadline = 0.0
        await self._family.end(patience=0)

    async def ended(self) -> int:
        """Return the exit code of its first process, negative for a signal, when none of its processes is left.

        Those that the first one leaves behind may use the rest of the time that it was given; a crash leaves them none.
        """
        code = await self._process.wait()
        await self._family.end(self._deadline - asyncio.get_running_loop().time())
        await asyncio.wait([self._speaking], timeout=LAST_LINES)
        self._speaking.cancel()
        return code

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)


def manner(code: int) -> str:
    """How a process ended, by its exit code, which is negative for a signal."""
    if code >= 0:
        return f"exit code {code}"
    names = {number.value: number.name for number in signal.Signals}
    return f"killed by {names.get(-code, f'signal {-code}')}"
