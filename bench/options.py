"""What a run of the benchmark is to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
    """What can be measured for itself."""

    START = "start"
    LOAD = "load"
    RESTART = "restart"
    JOBS = "jobs"
    GATEWAY = "gateway"
    ROWS = "rows"
    REPLICAS = "replicas"


@dataclass(frozen=True)
class Options:
    """A run of the benchmark; the same for both sides."""

    model: str
    """Path or name."""
    rounds: int = 5
    """Counted launches of each side."""
    clients: tuple[int, ...] = (1, 8, 32)
    """How many at once: one load after the other."""
    requests: int = 16
    """Of each client, in each load."""
    tokens: int = 64
    """Mean length of an answer."""
    patience: float = 600.0
    """Seconds that a server may take to its first token."""
    parts: frozenset[Part] = frozenset(Part)
    flags: tuple[str, ...] = ()
    """For vLLM."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the servers beside those of the benchmark."""
