"""Workers in processes of their own, as users start them."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil

from tests.processes import end_family, title
from tests.upstream import eventually

Answer = tuple[int, dict[str, object]]


class Worker:
    """A worker that runs, what it says and what it answers."""

    def __init__(self, process: asyncio.subprocess.Process, session: aiohttp.ClientSession, directory: Path) -> None:
        self.process = process
        self.directory = directory
        self.lines: list[str] = []
        self._session = session
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(line.decode().rstrip())

    @property
    def url(self) -> str | None:
        found = (re.search(r"listening on (http://\S+)", line) for line in self.lines)
        return next((match[1] for match in found if match), None)

    def family(self) -> dict[str, int]:
        """The processes below this one by their titles."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return {name: child.pid for child in children if (name := title(child))}

    async def listening(self) -> None:
        await eventually(lambda: self.url is not None)

    async def health(self) -> Answer:
        async with self._session.get(f"{self.url}/health") as response:
            return response.status, await response.json()

    async def is_ready(self) -> bool:
        """Whether it is; a server process that is killed may take the connection with it."""
        try:
            return (await self.health())[0] == 200
        except aiohttp.ClientError:
            return False

    async def ready(self) -> None:
        await self.listening()
        await eventually(self.is_ready)

    def chat(self, model: str, stream: bool = True) -> "aiohttp.client._RequestContextManager":
        body = {"model": model, "stream": stream, "messages": []}
        return self._session.post(f"{self.url}/v1/chat/completions", json=body)

    def get(self, path: str) -> "aiohttp.client._RequestContextManager":
        return self._session.get(f"{self.url}{path}")

    def send_signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self) -> int:
        """The exit code, when all that it says has been read."""
        code = await self.process.wait()
        await self._reading
        return code


@asynccontextmanager
async def worker(
    directory: Path, *flags: str, variables: Mapping[str, str] | None = None, platform: str = "plain"
) -> AsyncIterator[Worker]:
    """A worker on a free port with its temporary files in that directory; it is killed where it has not ended."""
    command = (sys.executable, "-m", "dragoman", "serve", "--platform", platform, "--host", "127.0.0.1", "--port", "0")
    environment = {**os.environ, "DRAGOMAN_LOG_FORMAT": "human", "TMPDIR": str(directory), **(variables or {})}
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        process = await asyncio.create_subprocess_exec(
            *command, *flags, env=environment, stderr=asyncio.subprocess.PIPE
        )
        running = Worker(process, session, directory)
        try:
            yield running
        finally:
            end_family(process.pid)
            await running.ended()
