"""The fleet as the front holds it: a process of its own, and a connection to it."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dragoman.cluster.fleet_errand import Errand
from dragoman.cluster.messages import Joined, Message, from_line, to_line
from dragoman.process.output import Output

# Seconds that replicas have to end, besides their grace period.
ENDING = 60.0
# Seconds that the process has to end where it has not come so far.
HASTE = 1.0
# The longest line of its output, in bytes.
LINE = 2**20


class FleetProcess:
    """Started on entry; after exit it is gone, and its replicas with it.

    Args:
        arguments: the command line of ``serve``.
        directory: where a cluster of our own keeps its sockets and logs.
        grace: seconds that the requests of replicas have to end.
        output: takes what it and its replicas say; None where they say it on stderr themselves.
    """

    def __init__(self, arguments: Sequence[str], directory: Path, grace: float, output: Output | None = None) -> None:
        self._arguments = list(arguments)
        self._directory = directory
        self._grace = grace
        self._output = output
        self._copying: asyncio.Task[None] | None = None
        self._joined = False
        self._hurry = asyncio.Event()

    async def __aenter__(self) -> Self:
        ours, theirs = socket.socketpair()
        with theirs:
            errand = Errand(self._arguments, str(self._directory), theirs.fileno())
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-uP", "-m", "dragoman.cluster.fleet"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE if self._output else None,
                stderr=asyncio.subprocess.STDOUT if self._output else None,
                limit=LINE,
                pass_fds=(theirs.fileno(),),
            )
        if self._output and self._process.stdout:
            self._copying = asyncio.create_task(self._output.copy(self._process.stdout))
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        if self._process.stdin is not None:
            # A command line is shown to every user of the machine, and may hold secrets.
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(errand.to_json())
                await self._process.stdin.drain()
            self._process.stdin.close()
        return self

    async def messages(self) -> AsyncIterator[Message]:
        """Yields what it tells, until it ends."""
        with contextlib.suppress(ConnectionError):
            while line := await self._reader.readline():
                message = from_line(line)
                self._joined = self._joined or isinstance(message, Joined)
                yield message

    def tell(self, message: Message) -> None:
        """Tells it something, if it is there."""
        if not self._writer.is_closing():
            self._writer.write(to_line(message))

    async def code(self) -> int:
        """Its exit code, when it has ended."""
        return await self._process.wait()

    def hurry(self) -> None:
        """Has its end wait no longer for replicas; Ray Serve ends those of another's cluster by itself."""
        self._hurry.set()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # While Ray starts or is joined, it hears nothing, and there is nothing to give back.
        patience = self._grace + ENDING if self._joined else HASTE
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        ended, hurried = asyncio.ensure_future(self._process.wait()), asyncio.ensure_future(self._hurry.wait())
        await asyncio.wait((ended, hurried), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if hurried.done():
            await asyncio.wait((ended,), timeout=HASTE)
        hurried.cancel()
        if not ended.done():
            self._process.kill()
        await ended
        self._writer.close()
        if self._copying:
            # Processes of Ray's that it leaves may hold the stream.
            await asyncio.wait((self._copying,), timeout=HASTE)
            self._copying.cancel()
