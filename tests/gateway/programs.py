"""`dragoman gateway` in a process of its own, as users start it."""

import asyncio
import os
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.processes import end_family
from tests.upstream import eventually

STUB = Path(__file__).parent / "fleet" / "stub.py"


class Program:
    """A gateway that runs, what it says and what it answers."""

    def __init__(self, process: asyncio.subprocess.Process, session: aiohttp.ClientSession) -> None:
        self.process = process
        self.session = session
        self.log: list[str] = []
        self.printed: list[str] = []
        self._reading = [
            asyncio.create_task(_read(process.stderr, self.log)),
            asyncio.create_task(_read(process.stdout, self.printed)),
        ]

    @property
    def url(self) -> str:
        """Empty until it listens."""
        found = (re.search(r"listening on (http://\S+),", line) for line in self.log)
        return next((match[1] for match in found if match), "")

    @property
    def is_up(self) -> bool:
        """Whether it has said all that it says at first."""
        return any("OPENAI_API_KEY" in line for line in self.printed)

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    async def submit(self, **wish: object) -> str:
        """The id of a new job."""
        job = await self.call("POST", "run", {"input": wish})
        return str(job["id"])

    async def status(self, job_id: str) -> str:
        return str((await self.call("GET", f"status/{job_id}"))["status"])

    async def reaches(self, job_id: str, status: str) -> None:
        """Waits until the job is in that state."""

        async def has() -> bool:
            return await self.status(job_id) == status

        await eventually(has)

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        async with self.session.request(method, f"{self.url}/v2/local/{path}", json=body) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    def family(self) -> list[psutil.Process]:
        """The processes below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    async def killed(self) -> None:
        self.process.kill()
        await self.ended()

    async def ends(self) -> int:
        """The exit code, after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """The exit code, when all that it says has been read; workers that live on may say more."""
        code = await self.process.wait()
        await asyncio.wait(self._reading, timeout=1)
        return code


@asynccontextmanager
async def gateway(
    directory: Path, *options: str, worker: str = "", port: str = "0", variables: Mapping[str, str] | None = None
) -> AsyncIterator[Program]:
    """A gateway that keeps its jobs in that directory, and is up or has failed; it is killed where it has not ended.

    Args:
        directory: where its files are.
        options: more of them.
        worker: arguments of the stub that it is to start as a worker; None of them, where it is empty.
        port: where it listens.
        variables: more than it inherits.
    """
    command = [
        sys.executable,
        "-m",
        "dragoman",
        "gateway",
        "--port",
        port,
        "--db",
        str(directory / "jobs.db"),
        *options,
    ]
    if worker:
        command += ["--worker", shlex.join([sys.executable, str(STUB), worker])]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=os.environ | dict(variables or {}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        running = Program(process, session)
        try:
            await eventually(lambda: running.is_up or process.returncode is not None)
            yield running
        finally:
            end_family(process.pid)
            await running.ended()


async def _read(stream: asyncio.StreamReader | None, lines: list[str]) -> None:
    assert stream is not None
    while line := await stream.readline():
        lines.append(line.decode().rstrip("\n"))
