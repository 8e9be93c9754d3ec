"""What is looked at, and what is made of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from dragoman.diagnosis.findings import Finding
from dragoman.diagnosis.subject import Subject

Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True)
class Check(Generic[Facts]):
    """One question about the facts of a topic.

    Args:
        name: what findings are told under.
        about: what is asked, as docs/doctor.md says it.
        judge: answers it; it looks at nothing but what it is given.
    """

    name: str
    about: str
    judge: Callable[[Subject, Facts], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Topic(Generic[Facts]):
    """A part of the machine or of the configuration, and the questions about it.

    Args:
        name: what people know it as.
        look: finds out the facts; the only one that touches files, processes or the network.
        checks: the questions, in the order in which they are told.
    """

    name: str
    look: Callable[[Subject], Facts]
    checks: tuple[Check[Facts], ...]
