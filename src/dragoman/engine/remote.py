"""A remote OpenAI-compatible server in the engine's place: a streaming reverse proxy."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from starlette.types import Receive, Scope, Send
from yarl import URL

from dragoman.engine import Engine, Report
from dragoman.engine.relay import RelayError, relay, relaying, session
from dragoman.process.plan import Plan
from dragoman.serving import answers

PULSE = 1.0
LOOK = 5.0


class RemoteEngine:
    """An engine whose application passes every request on and every chunk back.

    Args:
        url: the server's address, with or without ``/v1``.
        session: what connects to it.
    """

    tasks: frozenset[str] = frozenset()
    slots: int | None = None

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._base = base(url)
        self._session = session
        self._healthy = False
        self.app = relaying(self._answer)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        try:
            await relay(self._session, self._base, scope, body, send)
        except RelayError as error:
            message = f"The engine at {self._base} did not answer: {error}."
            await answers.error(502, message, "bad_gateway")(scope, receive, send)

    def healthy(self) -> bool:
        """Whether the last look found it well."""
        return self._healthy

    async def death(self) -> str:
        """Never returns: a server that is away may come back."""
        return await asyncio.Future()

    async def watch(self) -> None:
        """Looks after the remote server, once a second, for ever."""
        while True:
            await asyncio.sleep(PULSE)
            await self.look()

    async def look(self) -> bool:
        """Whether it is well: /health says so, or /v1/models answers where there is no /health."""
        status = await self._status("/health")
        if status == 404:
            status = await self._status("/v1/models")
        self._healthy = status is not None and status != 404 and status < 500
        return self._healthy

    async def _status(self, path: str) -> int | None:
        timeout = aiohttp.ClientTimeout(total=LOOK)
        try:
            async with self._session.get(self._base + path, timeout=timeout, allow_redirects=False) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None


class RemoteSource:
    """Connects to a server that runs elsewhere.

    Args:
        url: its address, with or without ``/v1``.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def prepare(self, plan: Plan, report: Report) -> None:
        """Has nothing to do: nothing heavy is imported."""

    @asynccontextmanager
    async def open(self, report: Report) -> AsyncIterator[Engine]:
        """The engine as soon as the remote server is well."""
        report(f"waiting for {base(self._url)}")
        async with session(login(self._url)) as connections:
            engine = RemoteEngine(self._url, connections)
            while not await engine.look():
                await asyncio.sleep(PULSE)
            watch = asyncio.create_task(engine.watch())
            try:
                yield engine
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)


def base(url: str) -> str:
    """The address before the paths of the API, without a login."""
    return str(URL(url).with_user(None)).rstrip("/").removesuffix("/v1")


def login(url: str) -> dict[str, str]:
    """The header for the login in the address, which a client that brings its own replaces."""
    address = URL(url)
    if address.user is None:
        return {}
    pair = f"{address.user}:{address.password or ''}"
    return {"authorization": "Basic " + b64encode(pair.encode()).decode()}
