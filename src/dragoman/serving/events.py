"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), cut out of a stream of bytes."""

import re

# A carriage return at the very end may be half of a line's end, so what follows it decides.
_END = re.compile(rb"[\r\n](?:(?<=\r)\n)?+(?>\r\n|\n|\r(?=.))", re.DOTALL)
_LONGEST_END = 4

# What OpenAI's servers say when all events of a stream have come.
DONE = b"[DONE]"


class Events:
    """Puts the pieces of a stream together again as whole events, none of their bytes changed.

    An event ends with the blank line after it. Comments (keep-alives) come with the event that follows them.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._comments = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The events that are complete with this piece."""
        if self._is_one_event(chunk):
            return [chunk]
        looked_at = max(0, len(self._rest) - _LONGEST_END + 1)
        stream = self._rest + chunk
        events, start = [], 0
        for end in _END.finditer(stream, looked_at):
            events += self._event(stream[start : end.end()])
            start = end.end()
        self._rest = stream[start:]
        return events

    def _is_one_event(self, chunk: bytes) -> bool:
        """Whether the piece is exactly one event, as engines send them, with nothing left from before."""
        if self._rest or self._comments or chunk[:1] in (b":", b"\n"):
            return False
        return chunk.endswith(b"\n\n") and chunk.find(b"\n\n") == len(chunk) - 2 and b"\r" not in chunk

    def close(self) -> list[bytes]:
        """The event that the stream ended in, completed by a blank line."""
        rest, self._rest = self._rest.rstrip(b"\r\n"), b""
        return self._event(rest + b"\n\n")

    def _event(self, block: bytes) -> list[bytes]:
        if block[0] in b":\r\n" and _is_comment(block):
            self._comments += block
            return []
        block, self._comments = self._comments + block, b""
        return [block]


def data(event: bytes) -> bytes:
    """What the event says."""
    return b"\n".join(_values(event, b"data:"))


def name(event: bytes) -> bytes:
    """The event's type, empty where it has none."""
    return b"".join(_values(event, b"event:")[-1:])


def _values(event: bytes, field: bytes) -> list[bytes]:
    return [line[len(field) :].removeprefix(b" ") for line in event.splitlines() if line.startswith(field)]


def _is_comment(block: bytes) -> bool:
    return all(not line or line.startswith(b":") for line in block.splitlines())
