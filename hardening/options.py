"""What a run is to do."""

from dataclasses import dataclass
from enum import StrEnum

SEED = 20260101


class Part(StrEnum):
    """What can be run for itself."""

    HOSTILE = "hostile"
    FUZZ = "fuzz"
    CHAOS = "chaos"
    SOAK = "soak"
    OVERLOAD = "overload"


class Engine(StrEnum):
    """What stands behind the workers."""

    REAL = "real"
    """vLLM with the bundled model."""
    FAKE = "fake"
    """``hardening.engine``, behind ``--engine-url``."""


@dataclass(frozen=True)
class Options:
    """A run; the same seed draws the same inputs and the same faults."""

    seed: int = SEED
    parts: frozenset[Part] = frozenset(Part)
    engine: Engine | None = None
    """For all parts; None leaves the choice to each."""
    rows: int | None = None
    """Hostile inputs of the table, picked by the seed; None for all."""
    inputs: int = 1000
    """Requests made up for each dialect."""
    seconds: float = 180.0
    """How long faults are injected, and how long each load of the overload lasts."""
    clients: int = 16
    """How many at once."""
    requests: int = 20_000
    """Of the soak."""
    patience: float = 180.0
    """Seconds after which an answer, or a worker that is to serve again, is taken for lost."""
