"""Requests that a platform makes to the engine: their whole answers, and the events of streams."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus

from dragoman.engine import refusals
from dragoman.engine.client import Client, Header, Response
from dragoman.errors import DragomanError
from dragoman.serving.events import DONE, Events, data

Event = tuple[bytes, bytes]
"""An event of a stream, and what it says."""

BROKE_OFF = b"its answer broke off"
TYPED = (b"content-type", b"application/json")

log = logging.getLogger("dragoman")


class Calls(ABC):
    """Calls the engine, and raises a platform's errors, which are those of its subclass.

    Args:
        engine: a client of its application.
        patience: seconds that an answer, or the first event of a stream, may take.
        passed_on: the names of those of a client's headers that the engine gets.
    """

    def __init__(self, engine: Client, patience: float, passed_on: frozenset[bytes]) -> None:
        self._engine = engine
        self._patience = patience
        self._passed_on = passed_on

    @abstractmethod
    def _refusal(self, status: int, body: bytes, headers: Iterable[Header] = ()) -> DragomanError:
        """The error that an answer of the engine's is.

        Args:
            status: its status.
            body: OpenAI's error, or what else there is.
            headers: the answer's.
        """

    @abstractmethod
    def _too_late(self) -> DragomanError:
        """The error of an answer that does not come in time."""

    def _broken_off(self, status: int, said: bytes) -> DragomanError:
        """The error with which the engine broke a stream off.

        Args:
            status: the error's.
            said: what its event says.
        """
        return self._refusal(status, said)

    async def whole(self, method: str, path: str, body: bytes, headers: Iterable[Header]) -> bytes:
        """The whole answer to a request.

        Raises:
            DragomanError: the engine refused the request, failed, or took too long.
        """
        async with self.in_time():
            with self.failures_told():
                async with self.response(method, path, body, headers) as response:
                    return await response.read()

    @asynccontextmanager
    async def response(self, method: str, path: str, body: bytes, headers: Iterable[Header]) -> AsyncIterator[Response]:
        """The answer to a request as it comes; the request ends with the context.

        Args:
            method: the HTTP method.
            path: one of the engine's.
            body: JSON.
            headers: a client's, some of which the engine gets.

        Raises:
            DragomanError: the engine refused the request.
        """
        ours = (TYPED, *((name, value) for name, value in headers if name in self._passed_on))
        async with self._engine.stream(method, path, headers=ours, body=body) as response:
            if response.status != HTTPStatus.OK:
                raise self._refusal(response.status, await response.read(), response.headers)
            yield response

    async def events(self, response: Response) -> AsyncGenerator[Event]:
        """The events of a stream but for the one that says that all have come.

        The stream is read to its end, whatever comes after that one.

        Raises:
            DragomanError: the stream breaks off.
        """
        stream, complete = Events(), False
        async for chunk in response.chunks:
            for event in stream.feed(chunk):
                said = data(event)
                if said == DONE:
                    complete = True
                elif said.startswith(refusals.ERROR):
                    raise self._broken_off(refusals.status(said), said)
                else:
                    yield event, said
        if not complete:
            raise self._refusal(HTTPStatus.INTERNAL_SERVER_ERROR, BROKE_OFF)

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Limits what happens in the context to the time that an answer may take.

        Raises:
            DragomanError: that is over.
        """
        try:
            async with asyncio.timeout(self._patience):
                yield
        except TimeoutError:
            raise self._too_late() from None

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """Has an engine that raises, or answers what nobody understands, told as one that failed.

        Raises:
            DragomanError: it failed.
        """
        try:
            yield
        except (DragomanError, TimeoutError):
            raise
        except Exception as error:
            log.exception("the engine failed")
            raise self._refusal(HTTPStatus.INTERNAL_SERVER_ERROR, BROKE_OFF) from error
