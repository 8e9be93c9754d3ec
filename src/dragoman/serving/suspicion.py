"""A request that killed the engine is not sent to it again."""

import asyncio
import math
from collections.abc import Awaitable
from http import HTTPStatus

from starlette.types import Message, Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.engine.layer import Layer
from dragoman.engine.messages import collected, replay
from dragoman.serving import answers
from dragoman.serving.observing.request_context import refused
from dragoman.serving.queue.generating import generates
from dragoman.serving.suspects import Suspects, digest

MESSAGE = (
    "This request was at the engine when the engine died, so it is not sent to the engine again for some time. "
    "Change the request, or try again after {} seconds."
)
# An engine may die of a request for so many seconds after its client has left; of more requests it is not known.
LINGER, LINGERING = 5.0, 1024


class Suspicion:
    """Notes which requests are at the engine, and answers 422 in its place to one that killed it.

    Args:
        engine: the engine.
        suspects: knows the requests.
    """

    def __init__(self, engine: Engine, suspects: Suspects) -> None:
        self._engine = engine
        self._suspects = suspects
        self._lingering = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if not generates(scope):
            await self._engine.app(scope, receive, send)
            return
        messages = await collected(receive)
        known_by = digest(scope["path"], (message.get("body", b"") for message in messages))
        if seconds := math.ceil(self._suspects.guilty_for(known_by)):
            await self._refuse(seconds, scope, receive, send)
            return
        visit = _Visit(replay(messages, receive), send)
        place = self._suspects.note(known_by)
        try:
            await self._engine.app(scope, visit.receive, visit.send)
        finally:
            # The requests at an engine that has died end after it.
            if self._engine.healthy():
                self._end(known_by, place, visit)

    async def _refuse(self, seconds: int, scope: Scope, receive: Receive, send: Send) -> None:
        refused("suspect")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        again = {"retry-after": str(seconds)}
        refusal = answers.error(status, MESSAGE.format(seconds), "UnprocessableEntityError", again)
        await refusal(scope, receive, send)

    def _end(self, known_by: bytes, place: int | None, visit: "_Visit") -> None:
        if visit.succeeded:
            self._suspects.acquit(known_by)
        if visit.answered or self._lingering >= LINGERING:
            self._suspects.strike_out(place)
            return
        self._lingering += 1
        asyncio.get_running_loop().call_later(LINGER, self._forget, place)

    def _forget(self, place: int | None) -> None:
        self._lingering -= 1
        if self._engine.healthy():
            self._suspects.strike_out(place)


class _Visit:
    """A request at the engine, and whether it was answered before its client left."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._left = False
        self._status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        self.answered = False

    @property
    def succeeded(self) -> bool:
        return self.answered and self._status < HTTPStatus.INTERNAL_SERVER_ERROR

    async def receive(self) -> Message:
        message = await self._receive()
        self._left = self._left or message["type"] == "http.disconnect"
        return message

    def send(self, message: Message) -> Awaitable[None]:
        """Sends a message; a stream does for every token, so this is no coroutine."""
        if not message.get("more_body"):
            self._status = message.get("status", self._status)
            ends = message["type"] == "http.response.body"
            self.answered = self.answered or (ends and not self._left)
        return self._send(message)


def suspicious(engine: Engine, suspects: Suspects) -> Engine:
    """The engine, without the requests that killed it before."""
    return Layer(engine, Suspicion(engine, suspects))
