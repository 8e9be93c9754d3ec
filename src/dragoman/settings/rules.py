"""Rules: what follows for one setting from what others have been set to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from dragoman.settings.values import Value
from dragoman.settings.view import View

# The rank of what gives way to everything that any source says.
WEAKEST = 2**31


@dataclass(frozen=True, slots=True)
class Change:
    """A rule gives a setting a value; None means that it is not passed on.

    `source` and `rank` are those of what the value was made from. A value of the same rank that was there before gives
    way, unless the change is `modest`.
    """

    name: str
    value: Value = field(repr=False)
    source: str
    rank: int
    modest: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A rule has something to say: a warning, or an error where it is `fatal`."""

    message: str
    fatal: bool = False


Outcome: TypeAlias = Change | Remark
Rule: TypeAlias = Callable[[View], Iterable[Outcome]]
