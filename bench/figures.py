"""One measured number, and the statistics over many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Figure:
    """A measured value, in its unit."""

    group: str
    name: str
    unit: str
    value: float


def percentile(values: Sequence[float], share: float) -> float:
    """Find the smallest value that at least this share of the values does not exceed."""
    rank = math.ceil(share * len(values))
    return sorted(values)[max(rank, 1) - 1]
