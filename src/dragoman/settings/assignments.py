"""What a source says, and what a source is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dragoman.settings.catalogue import Catalogue
from dragoman.settings.values import Value


@dataclass(frozen=True, slots=True)
class Assignment:
    """A source gives a setting a raw value; `source` says where to look for it, in words."""

    name: str
    raw: object
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one source says. Where it sets a setting twice, the later assignment counts."""

    assignments: tuple[Assignment, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """A setting's value, where it came from, and how strong that source is: the lower the rank, the stronger."""

    value: Value
    source: str
    rank: int = field(default=0, compare=False)


class Source(Protocol):
    """Somewhere settings come from."""

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Return what the source says; `above` holds what stronger sources have settled already.

        A user's mistake is one of the reading's errors, never an exception.
        """
        ...
