"""Requests to the engine: its whole answer, or the events of its stream."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Any

import orjson

from dragoman.engine.client import Client, Header, Response
from dragoman.errors import DragomanError
from dragoman.platforms.lmi.errors import too_late
from dragoman.platforms.lmi.generation.request import Request
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes.refusals import broken_off, engine_refusal
from dragoman.serving.events import DONE, Events, data

Json = dict[str, Any]

BROKE_OFF = b"its answer broke off"
TYPED = (b"content-type", b"application/json")
# What of a client's headers the engine gets with a request that is not the client's own.
PASSED_ON = frozenset((b"authorization", b"x-request-id", b"traceparent", b"tracestate"))

log = logging.getLogger("dragoman")


class Calls:
    """Calls the engine.

    Args:
        engine: a client of its application.
        options: what the operator chose.
    """

    def __init__(self, engine: Client, options: Options) -> None:
        self._engine = engine
        self._options = options

    async def answer(self, request: Request, headers: Iterable[Header]) -> Json:
        """The whole answer to a request.

        Raises:
            HandlerError: the engine refused the request, or failed.
            ServerError: it took too long.
        """
        async with self.in_time():
            with self.failures_told():
                async with self._response(request, headers) as response:
                    answer: Json = orjson.loads(await response.read())
                    return answer

    @asynccontextmanager
    async def events(self, request: Request, headers: Iterable[Header]) -> AsyncIterator[AsyncGenerator[bytes]]:
        """The events of a stream; the engine's request ends with the context.

        Raises:
            HandlerError: the engine refused the request; the events raise it where the stream breaks off.
        """
        async with self._response(request, headers) as response, aclosing(self._events(response)) as events:
            yield events

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Limits what happens in the context to the time that a prediction may take.

        Raises:
            ServerError: that is over.
        """
        try:
            async with asyncio.timeout(self._options.predict_timeout):
                yield
        except TimeoutError:
            raise too_late(self._options) from None

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """Has an engine that raises, or answers what nobody understands, told as one that failed.

        Raises:
            HandlerError: it failed.
        """
        try:
            yield
        except (DragomanError, TimeoutError):
            raise
        except Exception as error:
            log.exception("the engine failed")
            raise engine_refusal(500, BROKE_OFF, self._options.era) from error

    @asynccontextmanager
    async def _response(self, request: Request, headers: Iterable[Header]) -> AsyncIterator[Response]:
        # Not orjson, which refuses numbers and halves of surrogate pairs that the engine has its own words for.
        body = json.dumps(request.body).encode()
        ours = (TYPED, *passed_on(headers))
        async with self._engine.stream("POST", request.path, headers=ours, body=body) as response:
            if response.status != 200:
                raise engine_refusal(response.status, await response.read(), self._options.era)
            yield response

    async def _events(self, response: Response) -> AsyncGenerator[bytes]:
        """The events before the one that says that all have come; the stream is read to its end all the same."""
        stream, complete = Events(), False
        async for chunk in response.chunks:
            for event in stream.feed(chunk):
                said = data(event)
                if said == DONE:
                    complete = True
                elif error := broken_off(said, self._options.era):
                    raise error
                else:
                    yield event
        if not complete:
            raise engine_refusal(500, BROKE_OFF, self._options.era)


def passed_on(headers: Iterable[Header]) -> tuple[Header, ...]:
    """Those of a client's headers that the engine gets."""
    return tuple((name, value) for name, value in headers if name in PASSED_ON)
