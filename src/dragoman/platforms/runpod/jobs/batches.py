"""How a stream is cut into posts: 1, 3, 9, 27, 50, 50 … tokens, or whatever came within a short time."""

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

Part = TypeVar("Part")


@dataclass(frozen=True)
class Sizes:
    """The sizes of successive batches, worker-vllm's: from the minimum, multiplied by the growth, up to the maximum.

    Where that does not grow, every batch has the maximum.
    """

    minimum: float
    maximum: float
    growth: float

    @property
    def first(self) -> float:
        """The first batch's size."""
        return self.minimum if self._grow else self.maximum

    def after(self, size: float) -> float:
        """The size of the batch after one of this size."""
        return min(size * self.growth, self.maximum) if self._grow else size

    @property
    def _grow(self) -> bool:
        return self.growth > 1 and 1 <= self.minimum < self.maximum


class Batches(Generic[Part]):
    """Collects the parts of a stream and says when a batch of them is due.

    Args:
        sizes: how many tokens make a batch.
        delay: seconds that a part may wait for a batch to fill; 0 for ever. With a delay everything that waits makes
            one batch; without, batches have exactly their sizes, but for parts of several tokens, which are never cut.
    """

    def __init__(self, sizes: Sizes, delay: float) -> None:
        self._sizes = sizes
        self._delay = delay
        self._size = sizes.first
        self._parts: deque[tuple[Part, int]] = deque()
        self._tokens = 0
        self._closed = False
        self.deadline: float | None = None

    def __bool__(self) -> bool:
        """Whether there is any part."""
        return bool(self._parts)

    def add(self, part: Part, tokens: int, now: float) -> None:
        """Puts one more part at the end.

        Args:
            part: what is put there.
            tokens: for how many it counts.
            now: in seconds, by the clock that `due` is asked by.
        """
        if self._delay and not self._parts:
            self.deadline = now + self._delay
        self._parts.append((part, tokens))
        self._tokens += tokens

    def close(self) -> None:
        """Makes what is left due: there will be no more."""
        self._closed = True

    def clear(self) -> None:
        """Forgets what is left."""
        self._parts.clear()
        self._tokens = 0
        self.deadline = None

    def due(self, now: float) -> bool:
        """Whether a batch is to be taken."""
        if not self._parts:
            return False
        late = self.deadline is not None and now >= self.deadline
        return self._closed or late or self._tokens >= self._size

    def take(self) -> list[Part]:
        """The batch that is due."""
        batch, tokens = [], 0
        while self._parts and (self._delay or tokens < self._size):
            part, count = self._parts.popleft()
            batch.append(part)
            tokens += count
        self._tokens -= tokens
        self._size = self._sizes.after(self._size)
        self.deadline = None
        return batch
