"""One worker in processes of its own."""

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from dragoman.gateway.fleet.family import Family
from dragoman.process.output import LONGEST, Output

LAUNCHER = Path(__file__).with_name("launch.py")
# What a worker may say after the gateway has been killed: enough for the seconds in which it drains.
UNREAD = 1 << 20
# What is in the pipe when the last process of a worker has ended is read in less.
LAST_LINES = 1.0


class WorkerProcess:
    """A worker that was started, and all that it has started itself.

    Args:
        worker: its id.
        process: the first process.
        said: what they all say.
    """

    def __init__(self, worker: str, process: asyncio.subprocess.Process, said: "_Pipe") -> None:
        self.id = worker
        self.terminated = False
        self._process = process
        self._family = Family(process.pid, worker)
        self._output = Output(f"[{worker}] ")
        self._said = said
        self._speaking = asyncio.create_task(self._output.copy(said.stream))
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
        said = await _Pipe.open()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-IS", str(LAUNCHER), str(os.getpid()), *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said.writer,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(said.reader,),
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            said.close()
            raise
        finally:
            os.close(said.writer)
        return cls(worker, process, said)

    @property
    def last_words(self) -> list[str]:
        """The last lines of its output."""
        return self._output.last()

    @property
    def complaint(self) -> str:
        """The last line of its output that names an error, or its last line."""
        return self._output.cause() or "".join(self._output.last(1))

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
        self._said.close()
        return code

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)


class _Pipe:
    """What a worker writes and the gateway reads.

    The worker holds the end for reading too, so that it does not fail at its next line when the gateway is killed.
    """

    def __init__(
        self, reader: int, writer: int, stream: asyncio.StreamReader, transport: asyncio.ReadTransport
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.stream = stream
        self._transport = transport

    @classmethod
    async def open(cls) -> Self:
        reader, writer = os.pipe()
        # Where the system allows less it stays smaller.
        with contextlib.suppress(OSError):
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, UNREAD)
        stream = asyncio.StreamReader(limit=LONGEST)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reader, "rb", buffering=0)
        )
        return cls(reader, writer, stream, transport)

    def close(self) -> None:
        self._transport.close()
