"""What a worker says, on its way to whoever looks after the gateway."""

import asyncio
import contextlib
import sys
from collections import deque

from dragoman.process.output import LONGEST

KEPT = 15


class Speech:
    """Copies a worker's lines to the gateway's stderr, each with the worker's id, and remembers the last ones.

    Args:
        worker: the id.
    """

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._last: deque[str] = deque(maxlen=KEPT)

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines, oldest first."""
        return tuple(self._last)

    async def copy(self, stream: asyncio.StreamReader) -> None:
        """Copy until the stream ends; of a progress bar, which overwrites its line, its last state."""
        rest = b""
        while data := await stream.read(LONGEST):
            *lines, rest = (rest + data).split(b"\n")
            self._say(*lines)
            if len(rest) >= LONGEST:
                self._say(rest)
                rest = b""
        self._say(rest)

    def _say(self, *lines: bytes) -> None:
        for line in lines:
            text = line.decode(errors="replace").rstrip().rpartition("\r")[2]
            if text:
                self._last.append(text)
                # A worker whose output nobody took would stand still.
                with contextlib.suppress(OSError):
                    print(f"[{self._worker}] {text}", file=sys.stderr, flush=True)  # noqa: T201
