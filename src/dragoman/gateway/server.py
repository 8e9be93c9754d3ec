"""The gateway as a process: it listens, serves one endpoint, and ends in order."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from types import MappingProxyType

import uvicorn
import uvloop
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.gateway.app import build, unavailable
from dragoman.gateway.archive import Archive
from dragoman.gateway.auth import VARIABLE
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.environment import Environment
from dragoman.gateway.fleet.fleet import Fleet
from dragoman.gateway.settings import Settings
from dragoman.gateway.watch import watch
from dragoman.process.address import Address
from dragoman.process.pipelining import PipeliningProtocol

FAREWELL = 1
"""Seconds that answers under way have when the listener closes."""

KEEP_ALIVE = 75
"""Seconds for which an idle connection stays open: longer than clients keep one (aiohttp and RunPod's SDK: 15).

A worker whose handler blocks its event loop does not see that a connection was closed; it posts to it, and the result
is lost.
"""

EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Hosts that stand for all interfaces, and one of those by which this machine reaches itself."""

SERVING = MappingProxyType({"DRAGOMAN_HOST": "127.0.0.1", "DRAGOMAN_PORT": "0"})
"""Where a worker of this project listens, of which there may be many here, unless its command says something else."""

LOGGING = MappingProxyType({"DRAGOMAN_LOG_FORMAT": "human"})
"""How a worker of this project logs, whose lines are shown with its name before them, unless the environment says."""

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: those without problems.

    Returns:
        0 after an end in order, 1 when a second signal cut it short.

    Raises:
        ConfigurationError: the address or the database cannot be had.
    """
    logging.basicConfig(format="dragoman | %(message)s", level=logging.INFO)
    with settings.address.bind() as sock:
        return uvloop.run(_Gateway(settings, sock).run())


class _Gateway:
    def __init__(self, settings: Settings, sock: socket.socket) -> None:
        self._settings = settings
        self._sock = sock
        address = settings.address.of(sock)
        self._url = str(address)
        here = str(Address(EVERYWHERE.get(address.host, address.host), address.port))
        self._environment = Environment(here, settings.endpoint_id, settings.keys, settings.terms.lost_after)

    async def run(self) -> int:
        signals = _signals()
        settings = self._settings
        async with (
            Archive(settings.database, settings.terms) as archive,
            Endpoint(archive, settings.terms) as endpoint,
            AsyncExitStack() as stack,
        ):
            listener = _Listener(build(endpoint, settings.endpoint_id, settings.keys))
            listening = asyncio.create_task(listener.serve(sockets=[self._sock]))
            await self._announce(endpoint)
            watching = asyncio.create_task(watch(endpoint))
            stack.callback(watching.cancel)
            fleet = await stack.enter_async_context(self._fleet(endpoint)) if settings.command else None
            await signals.get()
            ending = asyncio.create_task(_end(endpoint, fleet, listener, listening))
            hurry = asyncio.create_task(signals.get())
            await asyncio.wait([ending, hurry], return_when=asyncio.FIRST_COMPLETED)
            hurry.cancel()
            if ending.done():
                await ending
                return 0
            ending.cancel()
            listener.close()
            return 1

    def _fleet(self, endpoint: Endpoint) -> Fleet:
        return Fleet(endpoint, self._settings.command, self._settings.scale, self._variables)

    def _variables(self, worker: str) -> Mapping[str, str]:
        """All variables of a worker; what it serves beside its jobs is for this machine alone, on a free port."""
        inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
        return {**LOGGING, **inherited, **SERVING, **self._environment.worker(worker)}

    async def _announce(self, endpoint: Endpoint) -> None:
        counts = await endpoint.counts()
        log.info("listening on %s, endpoint %s", self._url, self._settings.endpoint_id)
        log.info("its jobs and workers in a browser: %s/", self._environment.url)
        log.info(
            "%s keeps the jobs: %d queued, %d running, %d completed and %d failed so far",
            *(self._settings.database, counts.in_queue, counts.in_progress, counts.completed, counts.failed),
        )
        if not self._settings.keys:
            log.info("%s is not set: programs of this machine need no key, others are not served", VARIABLE)
        self._tell("a worker, on this machine", self._environment.worker_lines())
        self._tell("a client: RunPod's SDK, or OpenAI's", self._environment.client_lines())

    def _tell(self, whose: str, lines: list[str]) -> None:
        # Whoever reads them may have read enough.
        with suppress(OSError):
            print(f"# {whose}", *lines, sep="\n", flush=True)  # noqa: T201


def _signals() -> asyncio.Queue[None]:
    """What is put into at each SIGTERM and SIGINT from now on."""
    received: asyncio.Queue[None] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, received.put_nowait, None)
    return received


async def _end(endpoint: Endpoint, fleet: Fleet | None, listener: "_Listener", listening: asyncio.Task[None]) -> None:
    """Hand out nothing more; listen until the own workers have posted what they ran."""
    log.info("ending")
    endpoint.close()
    if fleet:
        await fleet.close()
    listener.close()
    await listening


def _until_cancelled(app: ASGIApp) -> ASGIApp:
    """Have requests that the gateway does not wait for at its end answered with 503, where that can be."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await app(scope, receive, sent)
        except asyncio.CancelledError:
            if not begun:
                await unavailable(Request(scope))(scope, receive, send)

    return served


class _Listener(uvicorn.Server):
    """uvicorn that leaves signals to the process.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            _until_cancelled(app),
            http=PipeliningProtocol,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=FAREWELL,
        )
        super().__init__(config)

    def close(self) -> None:
        """Accept nothing more, and end when the requests under way are answered, or their time is over."""
        self.should_exit = True
        # It would tell of each request that it cancels, and how far that was.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle none."""
        yield
