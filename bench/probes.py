"""Waiting for a server: for anything to answer on its port, for its first token."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from time import perf_counter

import aiohttp

from bench import clients
from bench.errors import BenchError, RequestError
from bench.servers import Process

PAUSE = 0.05
REPLICA = re.compile(r'\breplica="([^"]+)"')
# A worker does not take a request again that was at the engine when the engine died, so each try is another one.
_tries = count(1)


async def first_answer(server: Process, patience: float) -> float:
    """Wait for any HTTP answer on the port; return when it came, in seconds of the performance counter."""

    async def ask(http: aiohttp.ClientSession) -> float:
        async with http.get("/health"):
            return perf_counter()

    async with _limit(server, patience, "answer on its port"):
        return await _retry(server, ask)


async def first_token(server: Process, patience: float) -> float:
    """Wait for the first text of a streamed answer; return when it came, in seconds of the performance counter."""

    async def ask(http: aiohttp.ClientSession) -> float:
        return (await clients.stream(http, clients.Prompt(f"Hello {next(_tries)}", 8))).first

    async with _limit(server, patience, "token"):
        return await _retry(server, ask)


async def replicas(server: Process, count: int, patience: float) -> None:
    """Wait until that many replicas serve behind a front, whose metrics name each."""

    async def ask(http: aiohttp.ClientSession) -> float:
        async with http.get("/metrics") as response:
            names = set(REPLICA.findall(await response.text()))
        if len(names) < count:
            raise RequestError(f"{len(names)} replicas serve")
        return perf_counter()

    async with _limit(server, patience, f"{count} replicas"):
        await _retry(server, ask)


async def _retry(server: Process, ask: Callable[[aiohttp.ClientSession], Awaitable[float]]) -> float:
    async with clients.session(server.url, keep_alive=False) as http:
        while True:
            server.check()
            try:
                return await ask(http)
            except (aiohttp.ClientError, RequestError):
                await asyncio.sleep(PAUSE)


@asynccontextmanager
async def _limit(server: Process, patience: float, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(patience):
            yield
    except TimeoutError:
        raise BenchError(f"{server.name}: no {what} within {patience:g} s. {server.last_words()}") from None
