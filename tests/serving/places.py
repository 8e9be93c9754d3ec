"""Places at an engine that are made up."""

from dataclasses import dataclass


@dataclass
class FakePlaces:
    """So many requests wait, and so many have a place."""

    waiting: int
    taken: int
