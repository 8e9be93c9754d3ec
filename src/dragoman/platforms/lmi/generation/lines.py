"""How the pieces of a stream are told from one another."""

from http import HTTPStatus
from typing import Any

import orjson

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.request import Wire
from dragoman.serving import events

Json = dict[str, Any]


def framed(content: bytes, wire: Wire) -> bytes:
    """JSON as a line or as a server-sent event."""
    return b"data: " + content + b"\n\n" if wire is Wire.EVENTS else content + b"\n"


def said(event: bytes) -> bytes:
    """The JSON in an event of the engine's stream; empty where it has none, as at the end."""
    content = events.data(event)
    return b"" if content == events.DONE else content


def line_of(event: bytes) -> bytes:
    """The JSON in an event as one line; empty where it has none."""
    content = said(event)
    return framed(content.replace(b"\n", b" "), Wire.LINES) if content else b""


def chunk_of(event: bytes) -> Json:
    """What an event of the engine's stream says; nothing where it is no JSON."""
    content = said(event)
    chunk: Json = orjson.loads(content) if content else {}
    return chunk


def openai_error(error: HandlerError) -> bytes:
    """An error as the engine tells it in a stream: ``{"error": {message, type, param, code}}``."""
    kind = "InternalServerError" if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "BadRequestError"
    return orjson.dumps({"error": {"message": str(error), "type": kind, "param": None, "code": error.status}})
