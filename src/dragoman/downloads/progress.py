"""How far a download is."""

import time
from collections.abc import Callable
from threading import Lock

from dragoman.engine import Report

# Each report becomes a line of the log.
PAUSE = 10.0
_UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"), (1, "B"))


class Progress:
    """Tells at the beginning, every few seconds and at the end; any thread may move it on.

    Args:
        what: what is downloaded.
        done: how many bytes are there already.
        total: how many there will be.
        report: is told.
        clock: seconds.
        verb: what is done.
    """

    def __init__(
        self,
        what: str,
        done: int,
        total: int,
        report: Report,
        clock: Callable[[], float] = time.monotonic,
        verb: str = "downloading",
    ) -> None:
        self._verb = verb
        self._what = what
        self._done = done
        self._total = total
        self._report = report
        self._clock = clock
        self._due = clock() + PAUSE
        self._lock = Lock()
        report(self._text())

    def move(self, count: int) -> None:
        """Notes that so many more bytes are there."""
        with self._lock:
            self._done += count
            if self._clock() >= self._due or self._done == self._total:
                self._due = self._clock() + PAUSE
                self._report(self._text())

    def _text(self) -> str:
        size, unit = unit_of(self._total)
        percent = 100 * self._done // max(self._total, 1)
        return f"{self._verb} {self._what}: {self._done / size:.1f} of {self._total / size:.1f} {unit} ({percent} %)"


def unit_of(count: int) -> tuple[int, str]:
    """The unit that a number of bytes is told in: how many bytes it has, and its name."""
    return next((unit for unit in _UNITS if count >= unit[0]), _UNITS[-1])
