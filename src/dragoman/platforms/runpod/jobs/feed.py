"""What the engine has said in answer to a job, until the platform takes it."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

from dragoman.platforms.runpod.jobs.batches import Batches
from dragoman.platforms.runpod.responses import Shape

Part = TypeVar("Part")


class Feed(Generic[Part]):
    """An iterator over a job's items, filled while nobody looks: the engine never waits for the platform.

    Args:
        batches: how a stream is cut.
        shape: the form of the items.
    """

    def __init__(self, batches: Batches[Part], shape: Shape[Part]) -> None:
        self._batches = batches
        self._shape = shape
        self._last: deque[object] = deque()
        self._ended = False
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def add(self, event: bytes) -> None:
        """Takes one more event of the engine's stream."""
        now = self._loop.time()
        alone = not self._batches
        for part, tokens in self._shape.parts(event):
            self._batches.add(part, tokens, now)
        # Most events change nothing for who waits: there is a first one to wait for already.
        if alone or self._batches.due(now):
            self._changed.set()

    @property
    def ended(self) -> bool:
        """Whether nothing more comes from the engine."""
        return self._ended

    def end(self, *items: object) -> None:
        """Says that nothing more comes but these items; only the first end counts."""
        if not self._ended:
            self._ended = True
            self._last.extend(items)
            self._batches.close()
            self._changed.set()

    def drop(self, *items: object) -> None:
        """Forgets what nobody has taken, and ends."""
        if not self._ended:
            self._batches.clear()
        self.end(*items)

    def __aiter__(self) -> "Feed[Part]":
        """Itself."""
        return self

    async def __anext__(self) -> object:
        """The next item, as soon as it is due."""
        while not self._batches.due(self._loop.time()):
            if self._last:
                return self._last.popleft()
            if self._ended:
                raise StopAsyncIteration
            await self._change()
        return self._shape.item(self._batches.take())

    async def _change(self) -> None:
        """Returns when something more has come, or what is there has waited long enough."""
        self._changed.clear()
        deadline = self._batches.deadline
        alarm = None if deadline is None else self._loop.call_at(deadline, self._changed.set)
        await self._changed.wait()
        if alarm:
            alarm.cancel()
