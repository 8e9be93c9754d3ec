"""Requests to the engine: its whole answer, or the events of its stream."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from http import HTTPStatus

from dragoman.engine.client import Client, Header, Response
from dragoman.errors import DragomanError
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.refusals import TIMED_OUT, broken_off, refusal
from dragoman.serving.events import DONE, Events, data

CHAT = "/v1/chat/completions"
MODELS = "/v1/models"
BROKE_OFF = b"its answer broke off"
TYPED = (b"content-type", b"application/json")
# What of a client's headers the engine gets with a request that is not the client's own; its key is DataRobot's.
PASSED_ON = frozenset((b"x-request-id", b"traceparent", b"tracestate"))

log = logging.getLogger("dragoman")


class Calls:
    """Calls the engine.

    Args:
        engine: a client of its application.
        options: what the owner of the model chose.
    """

    def __init__(self, engine: Client, options: Options) -> None:
        self._engine = engine
        self._options = options

    async def whole(self, method: str, path: str, body: bytes, headers: Iterable[Header]) -> bytes:
        """The whole answer to a request.

        Raises:
            DrumError: the engine refused the request, failed, or took too long.
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
            DrumError: the engine refused the request.
        """
        ours = (TYPED, *_passed_on(headers))
        async with self._engine.stream(method, path, headers=ours, body=body) as response:
            if response.status != HTTPStatus.OK:
                raise refusal(response.status, await response.read())
            yield response

    async def said(self, response: Response) -> AsyncGenerator[bytes]:
        """What the events of a stream say, but for the one that says that all have come.

        Raises:
            DrumError: the stream breaks off, or the next event takes too long.
        """
        async with aclosing(_said(response)) as events:
            while True:
                async with self.in_time():
                    event = await anext(events, None)
                if event is None:
                    return
                yield event

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Limits what happens in the context to the time that a request to the engine may take.

        Raises:
            DrumError: that is over.
        """
        try:
            async with asyncio.timeout(self._options.request_timeout):
                yield
        except TimeoutError:
            raise DrumError(TIMED_OUT) from None

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """Has an engine that raises, or answers what nobody understands, told as one that failed.

        Raises:
            DrumError: it failed.
        """
        try:
            yield
        except (DragomanError, TimeoutError):
            raise
        except Exception as error:
            log.exception("the engine failed")
            raise refusal(HTTPStatus.INTERNAL_SERVER_ERROR, BROKE_OFF) from error


def _passed_on(headers: Iterable[Header]) -> tuple[Header, ...]:
    """Those of a client's headers that the engine gets."""
    return tuple((name, value) for name, value in headers if name in PASSED_ON)


async def _said(response: Response) -> AsyncGenerator[bytes]:
    """The stream is read to its end, whatever comes after the event that says that it is over."""
    stream, complete = Events(), False
    async for chunk in response.chunks:
        for said in map(data, stream.feed(chunk)):
            if said == DONE:
                complete = True
            elif error := broken_off(said):
                raise error
            else:
                yield said
    if not complete:
        raise refusal(HTTPStatus.INTERNAL_SERVER_ERROR, BROKE_OFF)
