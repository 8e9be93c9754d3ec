"""Guess which name was meant."""

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

# A slip of the fingers: one in a short name, two in a long one.
SHORT, LONG = 5, 9


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` is a slip of, if there is one."""
    slips = 0 if len(name) < SHORT else 1 if len(name) < LONG else 2
    return nearest(name, known, slips)


def nearest(name: str, known: Iterable[str], distance: int) -> str | None:
    """Return the known name within that many insertions, deletions, replacements and swaps, if there is one."""
    match = process.extractOne(name, list(known), scorer=OSA.distance, score_cutoff=distance)
    return match[0] if match else None


def closest_flag(flag: str, known: Iterable[str]) -> str | None:
    """Return the flag that was meant: the only one that begins so, else the nearest within a third of its length."""
    flags = list(known)
    longer = [candidate for candidate in flags if candidate.startswith(flag)]
    return longer[0] if len(longer) == 1 else nearest(flag, flags, max(1, len(flag) // 3))
