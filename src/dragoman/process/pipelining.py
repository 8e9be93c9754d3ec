"""uvicorn's HTTP protocol, which tells all requests of a connection that its client has left."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class PipeliningProtocol(HttpToolsProtocol):
    """A connection on which requests may come before those before them are answered.

    uvicorn tells only the last of them when the client leaves. The one that is answered would go on, and on uvloop
    raise when it sends.
    """

    _cycles: tuple[RequestResponseCycle, ...] = ()

    def on_headers_complete(self) -> None:
        """A request begins, or waits for those before it."""
        super().on_headers_complete()
        waiting = [cycle for cycle in (*self._cycles, self.cycle) if cycle and not cycle.response_complete]
        self._cycles = tuple(dict.fromkeys(waiting))

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left."""
        for cycle in self._cycles:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)
