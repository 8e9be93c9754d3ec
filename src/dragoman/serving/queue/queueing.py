"""How many requests are let in to the engine, and how many wait."""

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Self

from dragoman.serving.queue.places import Places
from dragoman.settings.values import Value

# More are with the engine than it works on, one for so many and at least so many, for it to have the next ones at hand.
EACH_AHEAD, FEWEST_AHEAD = 8, 8
# Waiting for a place takes four times as long as having one, at most; a small engine has to outlast a burst, too.
EACH_WAITING, FEWEST_WAITING = 4, 256


@dataclass(frozen=True, kw_only=True)
class Queueing:
    """The settings, under the names that they have in the catalogue.

    Args:
        max_queue: how many requests may wait for a place; None for as many as suit the engine.
        request_timeout: seconds that a request may take, its waiting among them; None for any time.
    """

    max_queue: int | None = None
    request_timeout: float | None = None

    @classmethod
    def of(cls, value: Callable[[str], Value], of_dialect: Collection[str]) -> Self:
        """What the settings say.

        Args:
            value: gives a setting's value by its name.
            of_dialect: the settings that the dialect sees to: one that times requests has its own words for late ones.
        """
        timeout = None if "request_timeout" in of_dialect else value("request_timeout")
        return cls(max_queue=value("max_queue"), request_timeout=timeout)

    def places(self, slots: int | None) -> Places:
        """The places at an engine.

        Args:
            slots: how many sequences it works on at a time; None where nobody knows, and it has a queue of its own.
        """
        if slots is None:
            return Places(sys.maxsize, 0)
        ahead = max(slots // EACH_AHEAD, FEWEST_AHEAD)
        suiting = max(slots * EACH_WAITING, FEWEST_WAITING)
        return Places(slots + ahead, suiting if self.max_queue is None else self.max_queue)
