"""What an examination finds."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["problem", "advice", "fine"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, in sentences for people.

    Args:
        severity: `problem` keeps the worker from starting or serving, `advice` costs speed, space or safety.
        what: what was found.
        why: why it matters; empty where nothing is wrong.
        cure: a command that cures it on this machine; empty where nothing is wrong or no command can.
    """

    severity: Severity
    what: str
    why: str = ""
    cure: str = ""


def problem(what: str, why: str, cure: str = "") -> Finding:
    """Return what keeps the worker from starting or serving."""
    return Finding("problem", what, why, cure)


def advice(what: str, why: str, cure: str = "") -> Finding:
    """Return what costs speed, space or safety."""
    return Finding("advice", what, why, cure)


def fine(what: str) -> Finding:
    """Return what is as it should be."""
    return Finding("fine", what)
