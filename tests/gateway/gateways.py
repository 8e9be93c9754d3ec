"""A gateway on a port of this machine, and a worker that speaks to it as RunPod's SDK does."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from dragoman.gateway.app import build
from dragoman.gateway.archive import Archive
from dragoman.gateway.auth import Keys
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.terms import Terms
from dragoman.process.address import Address
from dragoman.process.listener import HttpOptions, Listener

KEY = "key"
ENDPOINT = "mine"


@dataclass(frozen=True)
class Gateway:
    """A gateway that is running, and plain HTTP to it."""

    endpoint: Endpoint
    url: str
    session: aiohttp.ClientSession

    @property
    def openai_url(self) -> str:
        return f"{self.url}/openai/v1"

    async def status(self, job_id: str) -> str:
        return (await self.endpoint.job(job_id)).status

    async def ids(self) -> list[str]:
        """All jobs, the newest first."""
        return [job.id for job in await self.endpoint.page(None, 100, None)]


class Worker:
    """Takes jobs one by one and posts what becomes of them."""

    def __init__(self, gateway: Gateway, name: str = "worker") -> None:
        self.name = name
        self._gateway = gateway

    async def take(self) -> dict[str, Any]:
        """The next job."""
        async with self._gateway.session.get(f"{self._gateway.url}/job-take/{self.name}?gpu=x") as response:
            assert response.status == 200
            job: dict[str, Any] = await response.json()
            return job

    async def stream(self, job: dict[str, Any], output: object) -> None:
        """Posts a piece of the job's output."""
        await self._post("job-stream", job, {"output": output})

    async def done(self, job: dict[str, Any], **body: object) -> None:
        """Posts that the job has ended, with its ``output`` or an ``error``."""
        await self._post("job-done", job, body)

    async def stops(self) -> list[str]:
        """What it is told to stop next."""
        async with self._gateway.session.get(f"{self._gateway.url}/job-stop/{self.name}?gpu=x") as response:
            assert response.status == 200
            ids: list[str] = (await response.json())["jobsToStop"]
            return ids

    async def _post(self, route: str, job: dict[str, Any], body: object) -> None:
        url = f"{self._gateway.url}/{route}/{self.name}/{job['id']}?gpu=x&isStream=false"
        headers = {"content-type": "application/x-www-form-urlencoded", "charset": "utf-8"}
        async with self._gateway.session.post(url, data=json.dumps(body), headers=headers) as response:
            assert response.status == 200


@asynccontextmanager
async def serving(directory: Path, terms: Terms | None = None) -> AsyncIterator[Gateway]:
    """A gateway that keeps its jobs in that directory."""
    terms = terms or Terms()
    address = Address("127.0.0.1", 0)
    async with (
        Archive(directory / "jobs.db", terms) as archive,
        Endpoint(archive, terms) as endpoint,
        aiohttp.ClientSession(headers={"Authorization": KEY}) as session,
    ):
        with address.bind() as sock:
            listener = Listener(build(endpoint, ENDPOINT, Keys((KEY,))), sock, HttpOptions(), 1)
            await listener.open()
            try:
                yield Gateway(endpoint, f"{address.of(sock)}/v2/{ENDPOINT}", session)
            finally:
                endpoint.close()
                await session.close()
                if closing := listener.close():
                    await closing
