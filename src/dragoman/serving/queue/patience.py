"""How long clients wait who do not say it: they show it when they leave."""

import time
from collections import deque
from collections.abc import Callable
from statistics import median

# So many ends tell what clients do, and one conclusion holds so many seconds: while it holds, few have to leave.
ENDS = 32
HOLDS = 60.0


class Patience:
    """Learned where half of those who had to wait have left without an answer: that is overload, not a closed window.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: deque[float | None] = deque(maxlen=ENDS)
        self._learned: float | None = None
        self._until = 0.0

    @property
    def seconds(self) -> float | None:
        """How long they wait; None where nobody knows, or all wait long enough."""
        return self._learned if self._clock() < self._until else None

    def end(self, seconds: float, *, answered: bool) -> None:
        """A request that had to wait has ended.

        Args:
            seconds: after how long.
            answered: with its answer, or because its client left.
        """
        self._ends.append(None if answered else seconds)
        left = [each for each in self._ends if each is not None]
        if len(self._ends) == ENDS and len(left) >= ENDS // 2:
            self._learned, self._until = median(left), self._clock() + HOLDS
