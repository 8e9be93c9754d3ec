"""Requests to the engine: its whole answer, or the events of its stream."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import orjson

from dragoman.engine.calls import Calls, Event
from dragoman.engine.client import Client, Header
from dragoman.platforms.lmi.errors import HandlerError, ServerError, too_late
from dragoman.platforms.lmi.generation.request import Request
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes.refusals import engine_refusal

Json = dict[str, Any]

# What of a client's headers the engine gets with a request that is not the client's own.
PASSED_ON = frozenset((b"authorization", b"x-request-id", b"traceparent", b"tracestate"))


class LmiCalls(Calls):
    """Calls the engine.

    Args:
        engine: a client of its application.
        options: what the operator chose.
    """

    def __init__(self, engine: Client, options: Options) -> None:
        super().__init__(engine, options.predict_timeout, PASSED_ON)
        self._options = options

    async def answer(self, request: Request, headers: Iterable[Header]) -> Json:
        """The whole answer to a request.

        Raises:
            HandlerError: the engine refused the request, or failed.
            ServerError: it took too long.
        """
        with self.failures_told():
            answer: Json = orjson.loads(await self.whole("POST", request.path, _body(request), headers))
            return answer

    @asynccontextmanager
    async def stream(self, request: Request, headers: Iterable[Header]) -> AsyncIterator[AsyncGenerator[Event]]:
        """The events of a stream; the engine's request ends with the context.

        Raises:
            HandlerError: the engine refused the request; the events raise it where the stream breaks off.
        """
        asked = self.response("POST", request.path, _body(request), headers)
        async with asked as response, aclosing(self.events(response)) as events:
            yield events

    def _refusal(self, status: int, body: bytes, headers: Iterable[Header] = ()) -> HandlerError:
        return engine_refusal(status, body, self._options.era, headers)

    def _too_late(self) -> ServerError:
        return too_late(self._options)


def _body(request: Request) -> bytes:
    # Not orjson, which refuses numbers and halves of surrogate pairs that the engine has its own words for.
    return json.dumps(request.body).encode()
