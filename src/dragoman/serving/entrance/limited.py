"""Requests that are too large, or too slow, are refused: before they are read, or as soon as they have become so."""

import asyncio
import contextlib
from collections.abc import Awaitable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.serving.entrance.refusals import Refuse
from dragoman.serving.observing.request_context import refused

# The extension in the scope of a request whose line and headers are longer than they may be.
HEAD_TOO_LONG = "dragoman.head_too_long"
# And that of one whose headers have not come in time.
HEAD_TOO_LATE = "dragoman.head_too_late"
CLOSE = {"connection": "close"}
LEFT: Message = {"type": "http.disconnect"}
# A connection that is closed while more comes is reset, and then its client may never see the answer.
PATIENCE = 5.0
# Seconds in which some of a body has to come.
BODY_PATIENCE = 60.0
TIMEOUT_KIND = "RequestTimeoutError"


def limited_heads(app: ASGIApp, most: int, refuse: Refuse) -> ASGIApp:
    """The application for requests whose line and headers are no longer than they may be; the others get 431.

    Those whose headers did not come in time get 408.

    Args:
        app: the application.
        most: how many bytes they may have.
        refuse: makes the error.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = scope.get("extensions") or {}
        if HEAD_TOO_LATE in extensions:
            await _late(refuse, "The request's headers did not come in time.", scope)(scope, receive, send)
            return
        if HEAD_TOO_LONG not in extensions:
            await app(scope, receive, send)
            return
        refused("header")
        message = f"The request's headers have more than {most} bytes (max_header_size)."
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        await _part(refuse(status, message, "RequestHeaderFieldsTooLargeError", CLOSE, scope), scope, receive, send)

    return limited


def limited_bodies(app: ASGIApp, most: int, refuse: Refuse) -> ASGIApp:
    """The application for requests whose bodies are no larger than they may be; the others get 413.

    The length that a request claims refuses it at once; whatever it claims, its body is counted while it comes. One
    that becomes too large is to the application a client that has left, and so is one of which nothing more comes: that
    gets 408.

    Args:
        app: the application.
        most: how many bytes a body may have.
        refuse: makes the error.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = _Body(receive, send, most)
        if _claimed(scope) <= most:
            await body.offer(app, scope)
            if body.answered or not body.given_up:
                return
        if body.late:
            message = f"Nothing more of the request's body came within {BODY_PATIENCE:g} s."
            await _late(refuse, message, scope)(scope, receive, send)
            return
        refused("body")
        message = f"The request's body has more than {most} bytes (max_body_size)."
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        response = refuse(status, message, "RequestEntityTooLargeError", CLOSE, scope)
        await _part(response, scope, receive, send)

    return limited


def _late(refuse: Refuse, message: str, scope: Scope) -> Response:
    refused("slow")
    return refuse(HTTPStatus.REQUEST_TIMEOUT, message, TIMEOUT_KIND, CLOSE, scope)


class _Body:
    """Counts and times a body while the application reads it, and takes the application's answer unless it gives up."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive = receive
        self._send = send
        self._left = most
        self._complete = False
        self.late = False
        self.answered = False

    @property
    def given_up(self) -> bool:
        return self.late or self._left < 0

    async def offer(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        except Exception:
            if self.answered or not self.given_up:
                raise

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        message = LEFT if self.given_up else await self._next()
        self._left -= len(message.get("body", b""))
        self._complete = not self.given_up and not message.get("more_body")
        return LEFT if self.given_up else message

    async def _next(self) -> Message:
        """The next message, or a departure where the client is late."""
        try:
            async with asyncio.timeout(BODY_PATIENCE):
                return await self._receive()
        except TimeoutError:
            self.late = True
            return LEFT

    def send(self, message: Message) -> Awaitable[None]:
        """Sends a message; a stream does for every token, so this is no coroutine."""
        if self.given_up and not self.answered:
            return _unsent()
        self.answered = True
        return self._send(message)


async def _unsent() -> None:
    """Takes the message of an answer that nobody is to get."""


def _claimed(scope: Scope) -> int:
    try:
        return int(Headers(scope=scope).get("content-length", 0))
    except ValueError:
        return 0


async def _part(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Sends the answer, and takes what a client still sends that listens only when it has sent all."""

    async def unended(message: Message) -> None:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

    await response(scope, receive, unended)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while (await receive()).get("more_body"):
                pass
    await send({"type": "http.response.body", "body": b""})
