"""Work that is done when it is due, and not looked for in between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import inf

LONGEST_NAP = 30.0
"""Seconds after which a sleeper looks at the clock: the machine may have slept, or its clock been set."""

SHORTEST_NAP = 0.01
AFTER_FAILURE = 5.0

log = logging.getLogger(__name__)


class Chore:
    """A piece of work that is done whenever it has become due.

    Args:
        work: does what is due now; returns when it will next have something to do, None where only news can tell.
        clock: seconds since the epoch.
    """

    def __init__(self, work: Callable[[], Awaitable[float | None]], clock: Callable[[], float]) -> None:
        self._work = work
        self._clock = clock
        self._due = inf
        self._sooner = asyncio.Event()
        self._stopped = False

    def now(self) -> None:
        """There is something to do."""
        self.by(-inf)

    def by(self, moment: float) -> None:
        """There may be something to do by then, seconds since the epoch."""
        if moment < self._due:
            self._due = moment
            self._sooner.set()

    def stop(self) -> None:
        """End with what is being done now."""
        self._stopped = True
        self._sooner.set()

    async def run(self) -> None:
        """Work until it is stopped; a failure is logged, and tried again later."""
        while await self._is_due():
            self._due = inf
            try:
                due = await self._work()
            except Exception:
                log.exception("the gateway has failed at one of its chores; it tries again in %g s", AFTER_FAILURE)
                due = self._clock() + AFTER_FAILURE
            if due is not None:
                self.by(max(due, self._clock() + SHORTEST_NAP))

    async def _is_due(self) -> bool:
        """Wait until there is something to do; False where it was stopped."""
        while not self._stopped and (nap := self._due - self._clock()) > 0:
            self._sooner.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if nap == inf else min(nap, LONGEST_NAP)):
                    await self._sooner.wait()
        return not self._stopped
