"""Whoever waits for news is woken when there is some; nobody asks again and again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto


class News(Enum):
    """What a ring can mean."""

    MORE = auto()
    """There is more than before."""
    AGAIN = auto()
    """What there was is gone; it begins anew."""
    OVER = auto()
    """Nothing more will come."""


class Bell:
    """One listener's bell.

    Attributes:
        heard: all that it has been rung for.
    """

    def __init__(self) -> None:
        self.heard: set[News] = set()
        self._rung = asyncio.Event()

    def ring(self, news: News) -> None:
        """Wake the listener, now or as soon as it waits."""
        self.heard.add(news)
        self._rung.set()

    async def rung(self, until: float | None = None) -> bool:
        """Wait for a ring since the last time.

        Args:
            until: when to give up, in the event loop's time.

        Returns:
            False where it gave up.
        """
        try:
            async with asyncio.timeout_at(until):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Bells:
    """The bells of all listeners, by what they listen for."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Bell]] = {}

    @contextmanager
    def listen(self, name: str) -> Iterator[Bell]:
        """A bell for everything that happens from now on to what bears that name."""
        bell = Bell()
        self._listeners.setdefault(name, set()).add(bell)
        try:
            yield bell
        finally:
            self._remove(name, bell)

    def ring(self, name: str, news: News = News.MORE) -> None:
        """Wake all who listen for that name."""
        for bell in self._listeners.get(name, ()):
            bell.ring(news)

    def ring_all(self, news: News = News.MORE) -> None:
        """Wake everybody."""
        for name in self._listeners:
            self.ring(name, news)

    def __len__(self) -> int:
        return len(self._listeners)

    def _remove(self, name: str, bell: Bell) -> None:
        listeners = self._listeners[name]
        listeners.remove(bell)
        if not listeners:
            del self._listeners[name]
