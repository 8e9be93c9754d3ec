"""How long a client waits for an answer, and answers that come to an end before that."""

import asyncio
import math
from http import HTTPStatus

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Scope

from dragoman.serving import answers
from dragoman.serving.answer import Answer
from dragoman.serving.line import Line
from dragoman.serving.observing.request_context import refused

# Seconds for which OpenAI's and Anthropic's clients wait for the next byte of an answer, the first one among them.
READ_TIMEOUT = "x-stainless-read-timeout"
KIND = "GatewayTimeoutError"
REASON = "deadline"


def patience(scope: Scope) -> float | None:
    """For how many seconds the client of a request waits for the first byte of its answer; None where it does not say.

    A number that makes no sense says nothing.
    """
    try:
        seconds = float(Headers(scope=scope).get(READ_TIMEOUT, ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def soonest(*seconds: float | None) -> float | None:
    """The shortest of some times, of which None is endless."""
    return min((each for each in seconds if each is not None), default=None)


async def answer_in_time(app: ASGIApp, scope: Scope, answer: Answer, seconds: float, told: float) -> None:
    """Has the application answer; after so many seconds its client looks like one that has left.

    The real one is told: by 504, or by an event that says so where events are on their way.

    Args:
        app: the application.
        scope: the request's.
        answer: what becomes of it.
        seconds: how long the answer may take from now on.
        told: how long it may take in all, as the client is told.
    """
    line = Line(answer.receive, answer.send)
    late = asyncio.get_running_loop().call_later(seconds, line.give_up)
    try:
        await app(scope, line.receive, line.send)
    finally:
        late.cancel()
    if not line.given_up or answer.complete:
        return
    if answer.head is None:
        await too_late(told)(scope, answer.receive, answer.send)
    elif answer.has_events:
        refused(REASON)
        await answer.send({"type": "http.response.body", "body": _event(told), "more_body": False})


def too_late(seconds: float) -> ASGIApp:
    """504 for a request that was not answered in time, which is counted as refused."""
    refused(REASON)
    return answers.error(HTTPStatus.GATEWAY_TIMEOUT, _words(seconds), KIND)


def _words(seconds: float) -> str:
    return f"The request was not answered within {seconds:g} s."


def _event(seconds: float) -> bytes:
    error = {"message": _words(seconds), "type": KIND, "param": None, "code": HTTPStatus.GATEWAY_TIMEOUT.value}
    return b"data: " + orjson.dumps({"error": error}) + b"\n\n"
