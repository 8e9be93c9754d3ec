"""/directAccess/… and /nim/…: the engine's own routes, streamed through as they are."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.engine.client import Response as EngineResponse
from dragoman.engine.messages import unless_left
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.documents import JSON
from dragoman.platforms.datarobot.routes.open_paths import is_open
from dragoman.platforms.datarobot.routes.refusals import TIMED_OUT
from dragoman.serving.table import Route

PREFIXES = ("/directAccess", "/nim")
METHODS = ("GET", "POST", "PUT")
# The client that calls the engine has its own.
OURS = frozenset((b"host",))
# As the engine answers where it has nothing.
MISSING = orjson.dumps({"detail": "Not Found"})


class DirectAccess:
    """Passes requests on.

    Args:
        engine: a client of its application.
        options: what the owner of the model chose.
    """

    def __init__(self, engine: Client, options: Options) -> None:
        self._engine = engine
        self._timeout = options.direct_access_timeout

    def routes(self) -> Iterator[Route]:
        """The rows."""
        for prefix in PREFIXES:
            for method in METHODS:
                yield Route(method, f"{prefix}/*", self._open)

    async def _open(self, request: Request) -> ASGIApp:
        if not is_open(_beyond(request.scope["path"])):
            return Response(MISSING, HTTPStatus.NOT_FOUND, media_type=JSON)
        return self._pass_on

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await unless_left(receive, self._relay(request, await request.body(), send))

    async def _relay(self, request: Request, body: bytes, send: Send) -> None:
        async with AsyncExitStack() as call:
            response = await self._begun(call, request, body)
            await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
            async for chunk in response.chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        # A client may go when it has all, which must find the engine left in peace.
        await send({"type": "http.response.body", "body": b""})

    async def _begun(self, call: AsyncExitStack, request: Request, body: bytes) -> EngineResponse:
        """The engine's answer as it comes; it has so long to begin."""
        scope = request.scope
        asked = self._engine.stream(
            scope["method"],
            _beyond(scope["path"]),
            query=scope["query_string"],
            headers=[header for header in scope["headers"] if header[0] not in OURS],
            body=body,
        )
        try:
            async with asyncio.timeout(self._timeout):
                return await call.enter_async_context(asked)
        except TimeoutError:
            raise DrumError(TIMED_OUT) from None


def _beyond(path: str) -> str:
    """The engine's path in one of ours, without slashes at its end."""
    return "/" + path.split("/", 2)[2].strip("/")
