"""What was asked, what came of it, and which of that breaks a promise."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from hardening.outcome import Breach

ENDED = "every accepted request ends exactly once"
WHOLE = "no half answer looks complete"
CAUSED = "a connection breaks only where a process was killed or stopped"


class End(StrEnum):
    """How a request ended, as its client saw it."""

    COMPLETE = "complete answers"
    REFUSED = "error statuses"
    TOLD = "streams ended by an error event"
    BROKEN = "broken connections"
    LEFT = "clients that left"
    HALF = "half answers that look complete"
    HUNG = "requests without an end"


@dataclass(frozen=True)
class Exchange:
    """A request from beginning to end, in seconds of one monotonic clock."""

    server: str
    kind: str
    begun: float
    ended: float
    end: End
    detail: str = ""


@dataclass(frozen=True)
class Fault:
    """Something that was done to a server, or that it was launched again."""

    server: str
    at: float


@dataclass
class Ledger:
    """All exchanges and all faults.

    Args:
        behind: the server that is behind all others, whose faults are theirs.
    """

    behind: str = "engine"
    exchanges: list[Exchange] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def counts(self) -> Counter[End]:
        """Count how requests ended."""
        return Counter(exchange.end for exchange in self.exchanges)

    def breaches(self, recovery: float) -> Iterator[Breach]:
        """Find what breaks a promise.

        Args:
            recovery: seconds after a fault in which connections may still break because of it.
        """
        promises = {End.HUNG: ENDED, End.HALF: WHOLE, End.BROKEN: CAUSED, End.TOLD: CAUSED}
        for exchange in self.exchanges:
            caused = exchange.end in (End.BROKEN, End.TOLD) and self._was_hit(exchange, recovery)
            if exchange.end in promises and not caused:
                yield Breach.of(promises[exchange.end], exchange)

    def _was_hit(self, exchange: Exchange, recovery: float) -> bool:
        """Whether its server was hit while it went on, or shortly before."""
        return any(
            exchange.begun - recovery <= fault.at <= exchange.ended
            for fault in self.faults
            if fault.server in (exchange.server, self.behind)
        )
