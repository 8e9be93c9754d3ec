"""The engine's answers, given in the form that was asked for."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import orjson
from starlette.responses import Response
from starlette.types import Message, Send

from dragoman.engine.calls import BROKE_OFF, Event
from dragoman.engine.client import Client, Header, unexpected
from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.generated import looked_up
from dragoman.platforms.lmi.generation.request import Request
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.responses import Shape, shape_of, whole_of
from dragoman.platforms.lmi.routes.calls import LmiCalls
from dragoman.platforms.lmi.routes.refusals import engine_refusal
from dragoman.platforms.lmi.routes.vocabulary import Vocabulary

log = logging.getLogger("dragoman")


@dataclass(frozen=True)
class _Reply:
    """A stream on its way to a client.

    Args:
        shape: its form.
        request: what was asked for.
        texts: those of tokens, which the shape reads.
        send: takes the messages.
    """

    shape: Shape
    request: Request
    texts: dict[int, str]
    send: Send


class Replies:
    """Has the engine answer, and tells its answers.

    Args:
        engine: a client of its application.
        options: what the operator chose.
    """

    def __init__(self, engine: Client, options: Options) -> None:
        self._calls = LmiCalls(engine, options)
        self._vocabulary = Vocabulary(engine, options.era)
        self._options = options

    async def whole(self, request: Request, headers: tuple[Header, ...]) -> Response:
        """The answer to a request that is no stream.

        Raises:
            HandlerError: the engine refused the request, or failed.
            ServerError: it took too long.
        """
        texts: dict[int, str] = {}
        shape = whole_of(request, self._options, texts)
        answer = await self._calls.answer(request, headers)
        with self._calls.failures_told():
            texts |= await self._vocabulary.texts(looked_up(request, answer))
        return Response(shape.whole(answer), media_type=request.wire.value)

    async def stream(self, request: Request, headers: tuple[Header, ...], send: Send) -> None:
        """Sends the answer to a request in pieces, and nothing before the engine's first event.

        Raises:
            HandlerError: the engine refused the request, or failed before the first event.
            ServerError: the first event took too long.
        """
        texts: dict[int, str] = {}
        reply = _Reply(shape_of(request, self._options, texts), request, texts, send)
        async with AsyncExitStack() as call:
            async with self._calls.in_time():
                with self._calls.failures_told():
                    events = await call.enter_async_context(self._calls.stream(request, headers))
                    event = await anext(events, None)
            await send(_head(request))
            last = await self._pour(event, events, reply)
        # A client may go when it has all, which must find the engine left in peace.
        await send({"type": "http.response.body", "body": last})

    async def _pour(self, event: Event | None, events: AsyncGenerator[Event], reply: _Reply) -> bytes:
        """Sends what the events add, and gives what stands at the end."""
        try:
            while event is not None:
                await self._tell(event, reply)
                async with asyncio.timeout(self._options.chunked_read_timeout):
                    event = await anext(events, None)
        except TimeoutError:
            message = f"Time out in: {self._options.chunked_read_timeout:g}, with no more of the stream"
            return reply.shape.failure(HandlerError(message))
        except HandlerError as error:
            return reply.shape.failure(error)
        except Exception as error:
            log.error("a stream broke off: %s", error, exc_info=unexpected(error))
            return reply.shape.failure(engine_refusal(500, BROKE_OFF, self._options.era))
        return reply.shape.end()

    async def _tell(self, event: Event, reply: _Reply) -> None:
        whole, said = event
        if reply.request.top_tokens:
            tokens = looked_up(reply.request, orjson.loads(said))
            reply.texts.update(await self._vocabulary.texts(tokens))
        if piece := reply.shape.piece(whole):
            await reply.send({"type": "http.response.body", "body": piece, "more_body": True})


def _head(request: Request) -> Message:
    headers = [(b"content-type", request.wire.value.encode())]
    return {"type": "http.response.start", "status": 200, "headers": headers}
