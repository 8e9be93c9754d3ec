"""The way through to the engine's own routes."""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Scope, Send

from dragoman.engine.emulation import OF_THE_BODY
from dragoman.engine.messages import replay, whole
from dragoman.platforms.lmi.errors import too_late
from dragoman.platforms.lmi.options import Options
from dragoman.serving.line import Line


class Passage:
    """Has the engine answer a client itself, the first piece of the answer in the time that a prediction may take.

    Args:
        engine: its application.
        options: what the operator chose.
    """

    def __init__(self, engine: ASGIApp, options: Options) -> None:
        self._engine = engine
        self._options = options

    async def __call__(self, request: Request, body: bytes, send: Send) -> None:
        """Sends the engine's answer.

        Args:
            request: the client's.
            body: what the engine gets as its body.
            send: takes the answer.

        Raises:
            ServerError: none came in time; the engine has been left.
        """
        line = Line(replay([whole(body)], request.receive), send)
        late = asyncio.get_running_loop().call_later(self._options.predict_timeout, line.give_up)
        try:
            await self._engine(_with(body, request.scope), line.receive, _Answer(line.send, late))
        finally:
            late.cancel()
        if line.given_up:
            raise too_late(self._options)


class _Answer:
    """Sends an answer, whose head waits for the first piece: until then it could be another one."""

    def __init__(self, send: Send, late: asyncio.TimerHandle) -> None:
        self._send = send
        self._late = late
        self._head: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
            return
        self._late.cancel()
        head, self._head = self._head, None
        if head is not None:
            await self._send(head)
        await self._send(message)


def _with(body: bytes, scope: Scope) -> Scope:
    """The request with a body that is whole, on the path without a slash at its end."""
    path = scope["path"].rstrip("/")
    headers = [(name, value) for name, value in scope["headers"] if name not in OF_THE_BODY]
    length = (b"content-length", str(len(body)).encode())
    return {**scope, "path": path, "raw_path": path.encode(), "headers": [*headers, length]}
