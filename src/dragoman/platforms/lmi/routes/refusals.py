"""What the engine says is wrong, in LMI's words."""

from http import HTTPStatus
from typing import Any

import orjson

from dragoman.platforms.lmi.errors import FAILED_DEPENDENCY, HandlerError
from dragoman.platforms.lmi.options import Era

BEYOND = 600
# What vLLM says of a trace in its log, where a client cannot see it.
POINTER = " See stack trace (above) for the root cause."


def engine_refusal(status: int, body: bytes, era: Era) -> HandlerError:
    """The error that an answer of the engine's is.

    Args:
        status: its status.
        body: OpenAI's error, or what else there is.
        era: rolling batch says 424 to everything but a missing key.
    """
    message = _message(body).removesuffix(POINTER) or f"status {status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = f"Inference engine failure: {message}"
    keeps = era is Era.ASYNC or status == HTTPStatus.UNAUTHORIZED
    return HandlerError(message, status if keeps else FAILED_DEPENDENCY)


def broken_off(event: bytes, era: Era) -> HandlerError | None:
    """The error that the data of an event in a stream is; None where it is none."""
    if not event.startswith(b'{"error"'):
        return None
    code = _field(_content(event).get("error"), "code")
    if isinstance(code, int) and HTTPStatus.BAD_REQUEST <= code < BEYOND:
        return engine_refusal(code, event, era)
    return engine_refusal(HTTPStatus.INTERNAL_SERVER_ERROR, event, era)


def _message(body: bytes) -> str:
    content = _content(body)
    error = content.get("error", content)
    found = _field(error, "message") or _field(error, "detail") or error
    return found if isinstance(found, str) else body.decode(errors="replace").strip()


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def _field(error: object, name: str) -> object:
    return error.get(name) if isinstance(error, dict) else None
