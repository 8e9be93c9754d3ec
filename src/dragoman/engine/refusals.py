"""What the engine says is wrong: OpenAI's error, or what else there is."""

from collections.abc import Iterable
from typing import Any

import orjson

from dragoman.engine.client import Header

AGAIN = b"retry-after"

ERROR = b'{"error"'
"""How an event of a stream begins that is an error."""


def message(body: bytes) -> str:
    """What an error says.

    Args:
        body: of an answer with an error's status, or what an event says.
    """
    content = _content(body)
    error = content.get("error", content)
    found = _field(error, "message") or _field(error, "detail") or error
    return found if isinstance(found, str) else body.decode(errors="replace").strip()


def status(said: bytes) -> int:
    """The HTTP status that an event's error would have had as an answer."""
    code = _field(_content(said).get("error"), "code")
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def pause(headers: Iterable[Header]) -> dict[str, str]:
    """The header of an answer that says when to come again, if there is one."""
    return {AGAIN.decode(): value.decode("latin-1") for name, value in headers if name.lower() == AGAIN}


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def _field(error: object, name: str) -> object:
    return error.get(name) if isinstance(error, dict) else None
