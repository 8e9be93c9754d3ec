"""A worker as a child process: started, looked after, ended."""

import asyncio
import contextlib
import socket
import sys
from collections import deque
from typing import Self

import aiohttp
import orjson

from dragoman.cluster.order import Order
from dragoman.errors import EngineStartError

LAST_LINES = 12
PULSE = 0.2
LOOK = 3.0
# The longest line of a log, in bytes.
LINE = 2**20


class WorkerProcess:
    """A worker that runs at an address of this machine.

    Args:
        process: its doorman.
        address: where it answers.
        health: the path of its probe.
    """

    def __init__(self, process: asyncio.subprocess.Process, address: str, health: str) -> None:
        self.address = address
        self._health = health
        self._served = False
        self._process = process
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._reading = asyncio.create_task(self._read())
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LOOK))

    @classmethod
    async def start(cls, order: Order, host: str, health: str) -> Self:
        """Starts one at a free port.

        Args:
            order: its command line, all of its variables, and where relative paths begin.
            host: the address of this machine that it shall listen on.
            health: the path of its probe.
        """
        port = _free_port(host)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-uP", "-m", "dragoman.cluster.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=order.environment,
            cwd=order.directory,
            limit=LINE,
            # An interrupt in a terminal is for the command, which drains.
            start_new_session=True,
        )
        errand = orjson.dumps({"arguments": order.arguments, "host": host, "port": port})
        if process.stdin is not None:
            # A command line is shown to every user of the machine, and may hold secrets.
            with contextlib.suppress(ConnectionError):
                process.stdin.write(errand)
                await process.stdin.drain()
            process.stdin.close()
        return cls(process, f"http://{_bracketed(host)}:{port}", health)

    @property
    def ended(self) -> bool:
        """Whether there is no worker any more."""
        return self._process.returncode is not None

    async def ready(self) -> None:
        """Returns when it serves.

        Raises:
            EngineStartError: it has ended before.
        """
        while not self.ended:
            if await self.serves():
                return
            await asyncio.sleep(PULSE)
        raise EngineStartError(await self.last_words())

    async def serves(self) -> bool:
        """Whether it would answer a request now."""
        try:
            async with self._http.get(self.address + self._health) as response:
                self._served = response.status == 200
        except aiohttp.ClientError:
            self._served = False
        except TimeoutError:
            # It has more to do than to answer in time, and is neither gone nor anew.
            pass
        # What a worker leaves behind may still answer.
        return self._served and not self.ended

    async def last_words(self) -> str:
        """How it ended, and the last lines of its log."""
        code = await self._process.wait()
        await self._read_out()
        return "\n".join((f"the worker ended with exit code {code}; its last lines:", *self._lines))

    async def end(self, patience: float) -> None:
        """Has it drain, and kills it when that takes longer.

        Args:
            patience: seconds.
        """
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), patience)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._read_out()
        await self._http.close()

    async def _read_out(self) -> None:
        """Returns when its log has been read to the end, which a process that it left behind could keep open."""
        await asyncio.wait([self._reading], timeout=LOOK)
        self._reading.cancel()

    async def _read(self) -> None:
        """Passes its log on, line by line."""
        if self._process.stdout is None:
            return
        while not self._process.stdout.at_eof():
            # Of a line that is too long, what was read is lost; one that is not read would stop the worker.
            with contextlib.suppress(ValueError):
                if line := await self._process.stdout.readline():
                    text = line.decode(errors="replace").rstrip()
                    self._lines.append(text)
                    print(text, file=sys.stderr, flush=True)  # noqa: T201


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock:
        sock.bind((host, 0))
        port: int = sock.getsockname()[1]
        return port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
