"""How a stream of the engine tells that it is whole, or that something went wrong."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from dragoman.platforms.runpod.jobs import errors, routes
from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.serving import events
from dragoman.serving.events import DONE

Json = dict[str, Any]

# The types of the events after which a stream of these routes is whole.
LAST_EVENTS: Mapping[str, frozenset[bytes]] = MappingProxyType(
    {
        routes.MESSAGES: frozenset({b"message_stop"}),
        routes.RESPONSES: frozenset({b"response.completed", b"response.incomplete", b"response.failed"}),
    }
)
CLOSED_BY_DONE = frozenset({routes.CHAT, routes.COMPLETIONS})


class Verdict:
    """What a stream's events say about how it goes.

    Args:
        path: the route that streams.
    """

    def __init__(self, path: str) -> None:
        self._last_events = LAST_EVENTS.get(path, frozenset())
        self._done = DONE if path in CLOSED_BY_DONE else None
        self._ended = not self._last_events and self._done is None
        self.error: JobError | None = None

    def see(self, event: bytes) -> None:
        """Takes the next event into account."""
        if b'"error"' in event or b"response.failed" in event:
            self.error = self.error or _error_in(event)
        if self._last_events:
            self._ended |= events.name(event) in self._last_events
        elif self._done and self._done in event:
            self._ended |= events.data(event) == self._done

    @property
    def whole(self) -> bool:
        """Whether the stream has come to its proper end, with or without an error."""
        return self._ended or self.error is not None


def _error_in(event: bytes) -> JobError | None:
    """The error that the event tells, if it tells one."""
    try:
        content = orjson.loads(events.data(event))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict):
        return None
    kind, error = content.get("type"), content.get("error")
    if kind == "response.failed":
        error = (content.get("response") or {}).get("error") or "The engine's response failed."
    elif kind == "error":
        error = error or content
    return errors.from_content(error) if error else None


def error_events(path: str, error: JobError) -> bytes:
    """The events that OpenAI's chats and completions, its responses, or Anthropic's messages tell an error by."""
    if path == routes.MESSAGES:
        return b"event: error\n" + _data({"type": "error", "error": error.body})
    if path.startswith(routes.RESPONSES):
        fields = {"code": str(error.status), "message": error.body["message"], "param": error.body["param"]}
        return b"event: error\n" + _data({"type": "error", **fields, "error": error.body})
    return _data({"error": error.body}) + b"data: [DONE]\n\n"


def _data(content: Json) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"
