"""Who is let in to the engine: so many at a time, so many who wait, and each client like the others."""

import asyncio
import re
import time
from collections.abc import Iterable
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.engine.layer import Layer
from dragoman.engine.messages import collected, replay
from dragoman.serving import answers
from dragoman.serving.answer import Answer
from dragoman.serving.entrance.access import CLIENT
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.request_context import refused
from dragoman.serving.queue.deadlines import answer_in_time, patience, soonest, too_late
from dragoman.serving.queue.generating import generates
from dragoman.serving.queue.places import NoPlaceError, Places, Ticket
from dragoman.serving.queue.queueing import Queueing

STREAMS = re.compile(rb'"stream"\s*:\s*true')


class Admission:
    """Gives each request that the engine would generate for a place, or has it wait for one.

    Args:
        app: the engine's application.
        places: there are so many.
        timeout: seconds that a request may take, its waiting among them; None for any time.
    """

    def __init__(self, app: ASGIApp, places: Places, timeout: float | None) -> None:
        self._app = app
        self._places = places
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; it asks for its place when its body is complete."""
        if not generates(scope):
            await self._app(scope, receive, send)
            return
        messages = await collected(receive)
        if messages[-1]["type"] != "http.disconnect":
            await self._admit(messages, scope, receive, send)

    async def _admit(self, messages: list[Message], scope: Scope, receive: Receive, send: Send) -> None:
        waits = soonest(patience(scope), self._timeout)
        try:
            ticket = self._places.ask(CLIENT.get(), waits, streams=self._places.has_free or _streams(messages))
        except NoPlaceError as error:
            await _refusal(error)(scope, receive, send)
            return
        began = time.monotonic()
        try:
            instead = None if ticket.has_place else await _turned_away(ticket, receive, waits)
            if instead is None:
                answer = Answer(replay(messages, receive), send)
                await self._answer(scope, answer, time.monotonic() - began)
                ticket.answered = answer.is_whole
            else:
                await instead(scope, receive, send)
        finally:
            self._places.give_back(ticket)

    async def _answer(self, scope: Scope, answer: Answer, waited: float) -> None:
        if self._timeout is None:
            await self._app(scope, answer.receive, answer.send)
        else:
            await answer_in_time(self._app, scope, answer, self._timeout - waited, self._timeout)


async def _turned_away(ticket: Ticket, receive: Receive, waits: float | None) -> ASGIApp | None:
    """What answers a request that waits in the engine's place; None as soon as it has a place there."""
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait((ticket.turn, leaving), timeout=waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    if ticket.turn.done():
        error = ticket.turn.result()
        return _refusal(error) if error else None
    return _nothing if leaving.done() and not leaving.cancelled() else too_late(waits or 0)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a client that has left."""


def _refusal(error: NoPlaceError) -> ASGIApp:
    refused("queue")
    return answers.error(
        HTTPStatus.TOO_MANY_REQUESTS, str(error), "TooManyRequestsError", {"retry-after": str(error.pause)}
    )


def _streams(messages: Iterable[Message]) -> bool:
    """Whether an answer is asked for that begins before all of it is there; what looks like it will do."""
    return any(STREAMS.search(message.get("body", b"")) for message in messages)


def admitted(engine: Engine, queueing: Queueing, metrics: WorkerMetrics) -> Engine:
    """The engine, to which only so many requests go at a time; the metrics tell how many."""
    places = queueing.places(engine.slots)
    metrics.watch(places)
    return Layer(engine, Admission(engine.app, places, queueing.request_timeout))
