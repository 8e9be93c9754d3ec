"""uvicorn's HTTP protocol with limits on what comes before a request's body, its size and its time.

llhttp has none for the one, and uvicorn none for the other.
"""

from asyncio import Transport
from asyncio.events import TimerHandle
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from dragoman.process.pipelining import PipeliningProtocol
from dragoman.serving.entrance.limited import HEAD_TOO_LATE, HEAD_TOO_LONG

# What stands around a name and a value: a colon, a blank and the end of the line.
AROUND = 4
# Seconds from a connection, or from the first byte of a later request, to the end of the request's headers.
HEAD_PATIENCE = 30.0


class HttpProtocol(PipeliningProtocol):
    """A connection; the scope of a request whose head is too long, or late, says so, and nothing after it is read.

    A connection on which no request begins is closed.

    Args:
        most: how many bytes a request's line and headers may have together.
        config: uvicorn's.
        server_state: uvicorn's.
        app_state: uvicorn's.
    """

    def __init__(self, most: int, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(config=config, server_state=server_state, app_state=app_state)
        self._most = most
        self._told = 0
        self._came = 0
        self._in_head = False
        self._completed = False
        self._fault: str | None = None
        self._late: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client has come, and has to say what it wants."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left."""
        self._await_head_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Has the parser read what came, which tells of a header when it has all of it."""
        if self._fault:
            return
        self._completed = False
        super().data_received(data)
        # Where another request ended in what came, nobody tells how much of it is this one's.
        self._came += len(data) if self._in_head and not self._completed else 0
        if self._in_head and max(self._told, self._came) > self._most and not self.transport.is_closing():
            self._end_head(HEAD_TOO_LONG)
        if self._awaits_head and self._late is None:
            self._await_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._told = self._came = 0
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        """A piece of what the request's line names has come."""
        if self._has_room(len(url)):
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has come."""
        if self._has_room(len(name) + len(value) + AROUND):
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The body comes next."""
        self._in_head = False
        self._await_head_no_more()
        if self._told > self._most:
            self._fault = HEAD_TOO_LONG
        if self._fault:
            self.scope["extensions"] = {self._fault: {}}
            self.url = self.url or b"/"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body has come."""
        self._completed = True
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return not self._fault and super()._should_upgrade()

    def _has_room(self, size: int) -> bool:
        self._told += size
        return self._told <= self._most

    @property
    def _awaits_head(self) -> bool:
        """Whether the rest of a head has to come, or a new one; not where the connection is a websocket by now."""
        return self in self.connections and (self._in_head or self.cycle is None or self.cycle.response_complete)

    def _await_head(self) -> None:
        self._late = self.loop.call_later(HEAD_PATIENCE, self._head_is_late)

    def _await_head_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._late = None
        if self.flow.read_paused:
            # It waits for requests before it, not for the client.
            self._await_head()
        elif self._in_head and not self.transport.is_closing():
            self._end_head(HEAD_TOO_LATE)
        else:
            self.transport.close()

    def _end_head(self, fault: str) -> None:
        """Has the request answered that would never end."""
        target = self.url if self.headers else b"/"
        self._fault = fault
        try:
            self._read_instead(target)
        except httptools.HttpParserError:
            # It is no path, such as what CONNECT names.
            self._read_instead(b"/")

    def _read_instead(self, target: bytes) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(b"GET " + target + b" HTTP/1.1\r\n\r\n")
