"""An ASGI application on a listening socket that other processes hold too."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.errors import ConfigurationError
from dragoman.process.address import BACKLOG
from dragoman.process.protocol import HttpProtocol
from dragoman.serving import answers
from dragoman.settings.values import Value

PAUSE = 1.0
ARRIVAL = 1.0
TICK = 0.01
STOPPED = "The worker has stopped. Try again."

log = logging.getLogger("dragoman")


@dataclass(frozen=True)
class HttpOptions:
    """How HTTP is spoken, the same before and after the engine is there."""

    ssl_keyfile: str | None = None
    ssl_certfile: str | None = None
    ssl_ca_certs: str | None = None
    ssl_cert_reqs: int = ssl.CERT_NONE
    ssl_ciphers: str | None = None
    log_level: str = "warning"
    max_header_size: int = 64 * 2**10

    @classmethod
    def of(cls, value: Callable[[str], Value]) -> Self:
        """What the settings say."""
        return cls(
            ssl_keyfile=value("ssl_keyfile"),
            ssl_certfile=value("ssl_certfile"),
            ssl_ca_certs=value("ssl_ca_certs"),
            ssl_cert_reqs=value("ssl_cert_reqs"),
            ssl_ciphers=value("ssl_ciphers"),
            log_level=value("uvicorn_log_level"),
            max_header_size=value("max_header_size"),
        )


class Listener:
    """Accepts connections between ``open`` and ``close``; those accepted are served to their end.

    Args:
        app: what answers.
        sock: a listening socket; it stays open when the listener closes.
        options: TLS, logging and how long a request's head may be.
        grace: seconds that requests have to finish after ``close``.

    Raises:
        ConfigurationError: the certificate and its key cannot be used.
    """

    def __init__(self, app: ASGIApp, sock: socket.socket, options: HttpOptions, grace: float) -> None:
        self._sock = sock
        self._grace = max(1.0, grace)
        self._max_header_size = options.max_header_size
        self._config = uvicorn.Config(
            _refusing_at_the_end(app),
            lifespan="off",
            log_config=None,
            log_level=options.log_level,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            ssl_keyfile=options.ssl_keyfile,
            ssl_certfile=options.ssl_certfile,
            ssl_ca_certs=options.ssl_ca_certs,
            ssl_cert_reqs=options.ssl_cert_reqs,
            ssl_ciphers=options.ssl_ciphers,
        )
        try:
            self._config.load()
        except OSError as error:
            raise ConfigurationError(f"TLS with {options.ssl_certfile} cannot work: {error}") from error
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begins to accept; does nothing where it already does."""
        if self._server is None:
            listening = self._sock.dup()
            self._server = _Server(self._config, listening, self._grace, self._max_header_size)
            self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
            await self._server.accepting.wait()

    def close(self) -> asyncio.Task[None] | None:
        """Accepts nothing more from this moment; the task ends when the last connection has."""
        server, serving = self._server, self._serving
        self._server = self._serving = None
        if server is not None:
            server.stop_accepting()
        return serving


class _Server(uvicorn.Server):
    """uvicorn that accepts by itself and leaves signals to the process.

    An asyncio server that is closed between the arrival of a connection and the call of its protocol forgets the
    connection, open and unanswered.
    """

    def __init__(self, config: uvicorn.Config, listening: socket.socket, grace: float, max_header_size: int) -> None:
        super().__init__(config)
        self._max_header_size = max_header_size
        self._listening = listening
        self._grace = grace
        self.accepting = asyncio.Event()
        self._connecting: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._listening.setblocking(False)
        self._resume()
        self.accepting.set()

    def stop_accepting(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listening)
        self.should_exit = True

    def _resume(self) -> None:
        if not self.should_exit:
            asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:  # too many open files: the connection waits until some are closed
            loop.remove_reader(self._listening)
            loop.call_later(PAUSE, self._resume)
            return
        connection.setblocking(False)
        task = loop.create_task(self._connect(connection))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(self._protocol, connection, ssl=self.config.ssl)
        except OSError:  # a failed TLS handshake among them
            connection.close()

    def _protocol(self) -> asyncio.Protocol:
        return HttpProtocol(self._max_header_size, self.config, self.server_state, self.lifespan.state)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._connecting:
            await asyncio.wait(self._connecting, timeout=ARRIVAL)
        # uvicorn would close, unanswered, a connection whose first request is still on its way.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ARRIVAL):
                while any(map(_awaits_first_request, self.server_state.connections)):
                    await asyncio.sleep(TICK)
        try:
            async with asyncio.timeout(self._grace):
                await super().shutdown(sockets)
        except TimeoutError:
            await self._break_off()

    async def _break_off(self) -> None:
        """Ends what outlasts the grace period: answers that have begun, and then their requests and all others."""
        running = set(self.server_state.tasks)
        if not running:
            return
        log.warning("requests that did not end within %g s are broken off: %d", self._grace, len(running))
        for connection in list(filter(_is_answered, self.server_state.connections)):
            connection.transport.abort()
        # Their requests are told of it, and have nobody left to answer when they are cancelled.
        await asyncio.sleep(TICK)
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=ARRIVAL)


def _awaits_first_request(connection: object) -> bool:
    return getattr(connection, "cycle", connection) is None


def _is_answered(connection: object) -> bool:
    return getattr(getattr(connection, "cycle", None), "response_started", False)


def _refusing_at_the_end(app: ASGIApp) -> ASGIApp:
    """The application, whose requests end with 503 where they are cancelled; uvicorn would write tracebacks."""
    refusal = answers.error(503, STOPPED, "service_unavailable", {"connection": "close"})

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] == "http":
                with contextlib.suppress(RuntimeError):  # from uvicorn, where an answer has begun
                    await refusal(scope, receive, send)

    return refusing
