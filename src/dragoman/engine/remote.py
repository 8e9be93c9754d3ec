"""A remote OpenAI-compatible server in the engine's place: a streaming reverse proxy."""

import asyncio
import contextlib
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import aiohttp
import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send
from yarl import URL

from dragoman.engine import Engine, Report
from dragoman.process.plan import Plan
from dragoman.serving import answers

PULSE = 1.0
CONNECT = 10.0
LOOK = 5.0
# Less than the five seconds after which uvicorn closes an idle connection: a request on it would be lost.
IDLE = 3.0
HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding"
    b" upgrade".split()
)
OURS_TO_SERVER = HOP_BY_HOP | {b"host", b"content-length", b"expect"}
OURS_TO_CLIENT = HOP_BY_HOP | {b"date"}
ADDED_BY_AIOHTTP = ("accept", "accept-encoding", "content-type", "user-agent")

log = logging.getLogger("dragoman")


class RemoteEngine:
    """An application that passes every request on and every chunk back.

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

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Relays one HTTP request; a client that leaves ends the request to the remote server too."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1003})
            return
        if not scope["raw_path"].startswith(b"/"):
            # Of `*`, behind the address of the remote server, no address can be made.
            await answers.error(400, "The target of the request is not a path.", "BadRequestError")(
                scope, receive, send
            )
            return
        with contextlib.suppress(ClientDisconnect):
            body = await Request(scope, receive).body()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_on_disconnect, receive, tasks.cancel_scope)
                await self._relay(scope, receive, send, body)
                tasks.cancel_scope.cancel()

    async def _relay(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        started = False
        try:
            async with self._session.request(
                scope["method"],
                self._target(scope),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in _to_server(scope)],
                data=body or None,
                allow_redirects=False,
            ) as response:
                await send({"type": "http.response.start", "status": response.status, "headers": _to_client(response)})
                started = True
                async for chunk in response.content.iter_any():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
        except (aiohttp.ClientError, TimeoutError) as error:
            if started:
                # Nothing more is sent: a body without its end tells the client that this is not all of it.
                log.warning("the engine at %s broke off an answer: %s", self._base, type(error).__name__)
                return
            message = f"The engine at {self._base} did not answer: {type(error).__name__}."
            await answers.error(502, message, "bad_gateway")(scope, receive, send)

    def _target(self, scope: Scope) -> URL:
        """The same path and query, byte for byte."""
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        return URL(self._base + (scope["raw_path"] + query).decode("latin-1"), encoded=True)

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
        async with session(self._url) as connections:
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


def session(url: str) -> aiohttp.ClientSession:
    """What connects to that server and changes nothing on the way."""
    return aiohttp.ClientSession(
        headers=login(url),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE),
        # One client's cookies are not for the next one.
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=ADDED_BY_AIOHTTP,
    )


def _to_server(scope: Scope) -> list[tuple[bytes, bytes]]:
    return _without(OURS_TO_SERVER, scope["headers"])


def _to_client(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    return _without(OURS_TO_CLIENT, ((name.lower(), value) for name, value in response.raw_headers))


def _without(names: frozenset[bytes], headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name not in names]


async def _cancel_on_disconnect(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
