"""The output of processes on its way to the user: each line prefixed, the last ones kept."""

import asyncio
import contextlib
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable
from typing import TextIO

KEPT = 200
TOLD = 15
LONGEST = 64 * 1024
# The last line of a traceback, behind the head of a record that vLLM calls an error or the rank of a torch process; an
# error named in mid-sentence is advice.
ERROR = re.compile(r"(?:\([^()]+\) ERROR [^\]]+\] |\[rank\d+\]: )?(?:\w+\.)*(?P<cause>\w*(?:Error|Exception): .+)")
# With these words vLLM's errors point to the one that caused them, each of its processes in a sentence of its own.
HINT = "root cause"
PROGRESS = re.compile(r"\r(?!\Z)")

Heed = Callable[[str], None]


def unheeded(line: str) -> None:
    """Takes no notice of a line."""


class Output:
    """Copies a stream line by line and remembers its end.

    Args:
        prefix: what each line begins with.
        to: where the lines go; stderr unless given.
        heed: is told each line too.
    """

    def __init__(self, prefix: str, to: TextIO | None = None, heed: Heed = unheeded) -> None:
        self._prefix = prefix
        self._heed = heed
        self._to = to or sys.stderr
        self._kept: deque[str] = deque(maxlen=KEPT)

    async def copy(self, stream: asyncio.StreamReader) -> None:
        """Copies until the stream ends; progress bars, which overwrite their line, become their last state."""
        while data := await _line(stream):
            line = PROGRESS.split(data.decode(errors="replace").removesuffix("\n"))[-1]
            for said in self.said(line):
                self._kept.append(said)
                self._heed(said)
            self._tell(self.shown(line))
        self._tell(self.rest())

    def shown(self, line: str) -> Iterable[str]:
        """The lines to write for one that came, which has no line feed at its end, but may have a carriage return."""
        return (self._prefix + said for said in self.said(line))

    def said(self, line: str) -> Iterable[str]:
        """The words of a line, which are remembered."""
        return filter(None, (line.rstrip(),))

    def rest(self) -> Iterable[str]:
        """The lines to write when all have come."""
        return ()

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            # A process whose output nobody took would stand still.
            with contextlib.suppress(OSError):
                print(line, file=self._to, flush=True)

    def cause(self) -> str | None:
        """The last line among those kept that ends a traceback and does not just point to another one."""
        named = (ERROR.match(line) for line in reversed(self._kept) if HINT not in line)
        return next((found["cause"] for found in named if found), None)

    def last(self, count: int = TOLD) -> list[str]:
        """The last lines, oldest first."""
        return list(self._kept)[-count:]


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line, or as much of an endless one as fits into the buffer; empty at the end."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.read(overrun.consumed or LONGEST)
