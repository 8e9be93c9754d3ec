"""The output of processes on its way to the user: each line prefixed, the last ones kept."""

import asyncio
import contextlib
import re
import sys
from collections import deque
from typing import TextIO

KEPT = 200
TOLD = 15
LONGEST = 64 * 1024
ERROR = re.compile(r"\b\w*(?:Error|Exception): .+")
HINT = "See root cause above"
PROGRESS = re.compile(r"\r(?!\n)")


class Output:
    """Copies a stream line by line and remembers its end.

    Args:
        prefix: what each line begins with.
        to: where the lines go; stderr unless given.
    """

    def __init__(self, prefix: str, to: TextIO | None = None) -> None:
        self._prefix = prefix
        self._to = to or sys.stderr
        self._kept: deque[str] = deque(maxlen=KEPT)

    async def copy(self, stream: asyncio.StreamReader) -> None:
        """Copies until the stream ends; progress bars, which overwrite their line, become their last state."""
        while data := await _line(stream):
            line = PROGRESS.split(data.decode(errors="replace").rstrip())[-1]
            if line:
                self._kept.append(line)
                # A process whose output nobody took would stand still.
                with contextlib.suppress(OSError):
                    print(self._prefix + line, file=self._to, flush=True)

    def cause(self) -> str | None:
        """The last line among those kept that names an error and not just points to one."""
        named = (ERROR.search(line) for line in reversed(self._kept) if HINT not in line)
        return next((found.group() for found in named if found), None)

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
