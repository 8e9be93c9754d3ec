"""An ASGI application served to a browser, from a thread of the test's process."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from dragoman.process.address import Address

Opened = Callable[[], AbstractAsyncContextManager[ASGIApp]]


@contextmanager
def serve(opened: Opened) -> Iterator[str]:
    """Serves the application that is opened, on a port of its own; yields its address."""
    address = Address("127.0.0.1", 0)
    with address.bind() as listener:
        server = _Server(opened, listener)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield str(address.of(listener))
        finally:
            server.end()
            thread.join()


class _Server:
    def __init__(self, opened: Opened, listener: socket.socket) -> None:
        self._opened = opened
        self._listener = listener
        self._ended = threading.Event()

    def run(self) -> None:
        asyncio.run(self._run())

    def end(self) -> None:
        self._ended.set()

    async def _run(self) -> None:
        async with self._opened() as app:
            config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve([self._listener]))
            await asyncio.to_thread(self._ended.wait)
            server.should_exit = True
            await serving
