"""How many replicas there are to be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from dragoman.settings.values import Value


@dataclass(frozen=True)
class Scale:
    """Between how many replicas the load decides; none where the two are the same.

    Args:
        least: replicas that are always there.
        most: replicas that there are under any load.
        target: requests that a replica should have at a time.
    """

    least: int
    most: int
    target: float

    @classmethod
    def of(cls, value: Callable[[str], Value]) -> Self | None:
        """What the settings say; None where they are about one worker on its own."""
        fixed, least, most = value("replicas"), value("min_replicas"), value("max_replicas")
        if fixed is None and most is None:
            return None
        return cls(least or fixed or 1, most or fixed, value("target_ongoing_requests"))

    @property
    def is_fixed(self) -> bool:
        """Whether the load decides nothing."""
        return self.least == self.most

    def __str__(self) -> str:
        if self.is_fixed:
            return f"{self.least} replica{'s' if self.least > 1 else ''}"
        return f"{self.least} to {self.most} replicas"
