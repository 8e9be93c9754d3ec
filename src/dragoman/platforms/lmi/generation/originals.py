"""The engine's own answers."""

from typing import Any

import orjson

from dragoman.engine.chunks import DONE
from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.lines import framed, line_of, openai_error, said
from dragoman.platforms.lmi.generation.request import Wire

Json = dict[str, Any]


class Originals:
    """Answers as they are, events unread.

    Args:
        wire: how the answer travels.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def whole(self, answer: Json) -> bytes:
        """The answer."""
        return orjson.dumps(answer)

    def piece(self, event: bytes) -> bytes:
        """The event, or what it says as a line."""
        if self._wire is Wire.EVENTS:
            return event if said(event) else b""
        return line_of(event)

    def end(self) -> bytes:
        """What OpenAI's clients take for the end of a stream of events."""
        return DONE if self._wire is Wire.EVENTS else b""

    def failure(self, error: HandlerError) -> bytes:
        """An error as the engine tells it."""
        return framed(openai_error(error), self._wire)
