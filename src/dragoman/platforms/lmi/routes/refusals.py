"""What the engine says is wrong, in LMI's words."""

from collections.abc import Iterable
from http import HTTPStatus

from dragoman.engine.client import Header
from dragoman.engine.refusals import message, pause
from dragoman.platforms.lmi.errors import FAILED_DEPENDENCY, HandlerError
from dragoman.platforms.lmi.options import Era

# What vLLM says of a trace in its log, where a client cannot see it.
POINTER = " See stack trace (above) for the root cause."

KEPT = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)


def engine_refusal(status: int, body: bytes, era: Era, headers: Iterable[Header] = ()) -> HandlerError:
    """The error that an answer of the engine's is, or an event of a stream.

    Args:
        status: its status.
        body: OpenAI's error, or what else there is.
        era: rolling batch says 424 to everything but a missing key and a full queue.
        headers: the answer's.
    """
    told = message(body).removesuffix(POINTER) or f"status {status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        told = f"Inference engine failure: {told}"
    keeps = era is Era.ASYNC or status in KEPT
    return HandlerError(told, status if keeps else FAILED_DEPENDENCY, pause(headers))
