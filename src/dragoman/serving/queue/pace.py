"""How fast the engine gets its work done while more of it waits."""

import time
from collections import deque
from collections.abc import Callable
from math import ceil

# So few ends tell nothing yet, and what is older than so many tells nothing any more.
FEWEST, MOST = 8, 128
# Seconds; OpenAI's clients take no notice of a Retry-After beyond the longest.
SHORTEST_PAUSE, LONGEST_PAUSE = 1, 60


class Pace:
    """Measured from the ends of requests since the last time that none waited: an idle engine tells no pace.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: deque[float] = deque(maxlen=MOST)

    def begin(self) -> None:
        """The first request waits."""
        self._ends.clear()
        self._ends.append(self._clock())

    def end(self) -> None:
        """A request has got its answer."""
        self._ends.append(self._clock())

    def seconds(self, requests: int) -> float | None:
        """How long so many requests take; None where nobody knows yet."""
        if len(self._ends) <= FEWEST:
            return None
        return requests * (self._clock() - self._ends[0]) / (len(self._ends) - 1)

    def pause(self, requests: int) -> int:
        """The whole seconds for which a client should stay away that so many requests stand before."""
        return min(max(ceil(self.seconds(requests) or 0), SHORTEST_PAUSE), LONGEST_PAUSE)
