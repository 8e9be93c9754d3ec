"""A streaming client of an ASGI application in the same process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
from starlette.types import ASGIApp, Message

from dragoman.serving.observing.request_context import marked

Header = tuple[bytes, bytes]
PARTING = 1.0


class IncompleteAnswerError(RuntimeError):
    """The application returned within its answer: its engine has gone away."""


def unexpected(error: Exception) -> Exception | None:
    """The error where a traceback tells more than that the engine has gone away."""
    return None if isinstance(error, IncompleteAnswerError) else error


@dataclass(frozen=True)
class Response:
    """The head of a response and its body as it comes."""

    status: int
    headers: tuple[Header, ...]
    chunks: AsyncIterator[bytes]
    _call: "_Call"

    async def pour(self, into: Callable[[bytes], None]) -> None:
        """Calls `into` with each chunk while the application sends it, in its task: no chunk wakes another one.

        Raises:
            Exception: whatever the application raised within its answer; what `into` raised reaches the application.
        """
        await self._call.pour(into)

    async def read(self) -> bytes:
        """The rest of the body."""
        return b"".join([chunk async for chunk in self.chunks])


class Client:
    """Calls an application as a server would; leaving the context is a client that hangs up.

    Its requests have the name, and the trace, of the request that they are made for.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, query: bytes = b"", headers: Iterable[Header] = (), body: bytes = b""
    ) -> AsyncIterator[Response]:
        """One request; the chunks are those that the application sends, one for one.

        Raises:
            Exception: whatever the application raised before or within its answer.
        """
        call = _Call(body)
        scope = _scope(method, path, query, headers)
        task = asyncio.create_task(call.run(self._app, scope))
        try:
            yield await call.response()
        finally:
            call.left.set()
            try:
                await asyncio.wait([task], timeout=PARTING)
            finally:
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def post(self, path: str, content: object, headers: Iterable[Header] = ()) -> tuple[int, bytes]:
        """Posts JSON and reads the whole answer: its status and body."""
        typed = (*headers, (b"content-type", b"application/json"))
        async with self.stream("POST", path, headers=typed, body=orjson.dumps(content)) as response:
            return response.status, await response.read()


class _Call:
    """Both directions of one request."""

    def __init__(self, body: bytes) -> None:
        self.left = asyncio.Event()
        self._requests: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._responses: asyncio.Queue[Message | Exception | None] = asyncio.Queue()
        self._into: Callable[[bytes], None] | None = None

    async def run(self, app: ASGIApp, scope: dict[str, object]) -> None:
        try:
            await app(scope, self._receive, self._send)
        except Exception as error:
            self._responses.put_nowait(error)
        finally:
            self._responses.put_nowait(None)

    async def _receive(self) -> Message:
        if self._requests:
            return self._requests.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._into is not None and message.get("more_body") and (body := message.get("body")):
            self._into(body)
        else:
            self._responses.put_nowait(message)

    async def pour(self, into: Callable[[bytes], None]) -> None:
        more = True
        while more:
            if self._responses.empty():
                # All that came before has been told; what the application says last still comes this way.
                self._into = into
            message = await self._next()
            more = message.get("more_body", False)
            if body := message.get("body"):
                into(body)

    async def _next(self) -> Message:
        message = await self._responses.get()
        if isinstance(message, Exception):
            raise message
        if message is None:
            raise IncompleteAnswerError("the application returned without completing its response")
        return message

    async def response(self) -> Response:
        start = await self._next()
        return Response(start["status"], tuple(start.get("headers", ())), self._chunks(), self)

    async def _chunks(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._next()
            more = message.get("more_body", False)
            if body := message.get("body"):
                yield body


def _scope(method: str, path: str, query: bytes, headers: Iterable[Header]) -> dict[str, object]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"engine"), *marked(headers)],
        "client": None,
        "server": ("engine", None),
    }
