"""One request and its answer, as they are seen from outside the application."""

import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send

from dragoman.serving.observing.request_context import RequestContext
from dragoman.serving.observing.request_ids import HEADER

WEBSOCKET = "WEBSOCKET"
FAILED = 500
LONGEST_PATH = 2048
# What nginx logs where the client left before there was a status.
LEFT = 499
HEADS = {
    "http.response.start": FAILED,
    "websocket.accept": 101,
    "websocket.close": 403,
    "websocket.http.response.start": FAILED,
}


class Exchange:
    """Watches an application answer.

    Args:
        scope: the request's.
        route: the pattern of its path.
        context: what the request is known by.
    """

    def __init__(self, scope: Scope, route: str, context: RequestContext) -> None:
        self.scope = scope
        self.route = route
        self.context = context
        self.method: str = scope.get("method", WEBSOCKET)
        self.started = time.time()
        self._began = time.perf_counter()
        self._status: int | None = None
        self._first: float | None = None
        self._ended: float | None = None
        self._size: Callable[[], int] = int
        self.complete = False
        self.left = False

    @property
    def path(self) -> str:
        """The beginning of the path as it came, percent-encoded, without the query."""
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        return raw[:LONGEST_PATH].decode("ascii", "backslashreplace")

    @property
    def client(self) -> str | None:
        """The address that the connection came from."""
        address = self.scope.get("client")
        return f"{address[0]}:{address[1]}" if address else None

    @property
    def status(self) -> int:
        """The status of the answer; what a server answers for an application that failed; 499 for nobody."""
        if self._status is None:
            return LEFT if self.left else FAILED
        return self._status

    @property
    def bytes(self) -> int:
        """How long the body of the answer was."""
        return self._size()

    @property
    def first_byte(self) -> float | None:
        """Seconds to the first byte of the body; None where there was none."""
        return None if self._first is None else self._first - self._began

    @property
    def seconds(self) -> float:
        """Seconds to the end."""
        return (self._ended or time.perf_counter()) - self._began

    @property
    def outcome(self) -> str:
        """How it ended."""
        if self.left:
            return "client left"
        return "complete" if self.complete else "broken off"

    def end(self) -> None:
        """Notes that the application has done what it does."""
        self._ended = time.perf_counter()

    def identified(self) -> Scope:
        """The scope with the request's headers as the application is to see them."""
        ours = self.context.headers
        names = {name for name, _ in ours}
        return {**self.scope, "headers": [*(each for each in self.scope["headers"] if each[0] not in names), *ours]}

    def receiving(self, receive: Receive) -> Receive:
        """What the application receives with, while this watches for the client's leaving."""

        async def watched() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and not self.complete:
                self.left = True
            return message

        return watched

    def sending(self, send: Send) -> Send:
        """What the application sends with.

        A stream sends for every token: this is no coroutine, and the pieces are counted in a local variable.
        """
        size = 0
        begun = False

        def watched(message: Message) -> Awaitable[None]:
            nonlocal size, begun
            size += len(message.get("body", b""))
            if begun:
                if not message.get("more_body"):
                    self.complete = True
                return send(message)
            message = self._begin(message)
            begun = self._first is not None
            return send(message)

        self._size = lambda: size
        return watched

    def _begin(self, message: Message) -> Message:
        """Notes the head and the first piece of the body, and has the head name the request."""
        kind = message["type"]
        if kind in HEADS:
            self._status = self._status or message.get("status", HEADS[kind])
            self.complete = kind.startswith("websocket.")
            return message if kind == "websocket.close" else self._named(message)
        self.complete = self.complete or not message.get("more_body", False)
        if message.get("body"):
            self._first = time.perf_counter()
        return message

    def _named(self, message: Message) -> Message:
        headers = [header for header in message.get("headers", ()) if header[0].lower() != HEADER]
        return {**message, "headers": [*headers, (HEADER, self.context.request_id.encode())]}


class Observer(Protocol):
    """Is told of exchanges."""

    def began(self, exchange: Exchange) -> None:
        """A request has come; what it is known by may be told more of here."""

    def ended(self, exchange: Exchange) -> None:
        """Its answer has ended."""
