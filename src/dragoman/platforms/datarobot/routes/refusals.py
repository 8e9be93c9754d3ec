"""What the engine says is wrong, in DRUM's words: those of the OpenAI client with which DRUM asks its engine."""

from typing import Any

import orjson

from dragoman.platforms.datarobot.errors import DrumError

TIMED_OUT = "Request timed out."


class BrokenStreamError(DrumError):
    """A stream that the engine broke off with an error.

    Args:
        error: what became of the request.
        said: what the engine said in the stream.
    """

    def __init__(self, error: DrumError, said: bytes) -> None:
        super().__init__(str(error), error.status)
        self.said = said


def refusal(status: int, body: bytes) -> DrumError:
    """The error that an answer of the engine's is, with the engine's status, where DRUM makes a 500 of each.

    Args:
        status: its status.
        body: OpenAI's error, or what else there is.
    """
    message = _message(body)
    return DrumError(f"Error code: {status} - {message}" if message else f"Error code: {status}", status)


def broken_off(said: bytes) -> BrokenStreamError | None:
    """The error that an event of a stream says; None where it says none."""
    if not said.startswith(b'{"error"'):
        return None
    code = _field(_content(said).get("error"), "code")
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return BrokenStreamError(refusal(status, said), said)


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
