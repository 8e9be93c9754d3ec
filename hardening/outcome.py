"""What a part of a run has found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

Tell = Callable[[str], None]
"""Is told what goes on now."""

LONGEST_EVIDENCE = 2000


@dataclass(frozen=True)
class Figure:
    """A number that a reader may want to see."""

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True)
class Breach:
    """A promise that was not kept, and how that was seen."""

    promise: str
    evidence: str

    @classmethod
    def of(cls, promise: str, evidence: object) -> Self:
        """Make one of evidence of any length."""
        return cls(promise, str(evidence)[:LONGEST_EVIDENCE])


@dataclass(frozen=True)
class Outcome:
    """All that a part has found."""

    figures: tuple[Figure, ...]
    breaches: tuple[Breach, ...] = ()

    @classmethod
    def merged(cls, outcomes: Iterable["Outcome"]) -> "Outcome":
        """Put several one behind the other."""
        found = list(outcomes)
        return cls(
            tuple(figure for each in found for figure in each.figures),
            tuple(breach for each in found for breach in each.breaches),
        )
