"""What is done to processes: SIGKILL, or SIGSTOP and some time later SIGCONT, to one that the seed picks."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic

import psutil

from hardening.chaos.ledger import Fault, Ledger
from hardening.site import Service

LONGEST_STOP = 3.0


@dataclass(frozen=True)
class Target:
    """A kind of process that may be hit.

    Args:
        server: the service that it is a process of.
        name: what it is called in the report.
        service: the family that it is of, as it runs now.
        title: what its title has in it; empty for the family's first process.
    """

    server: str
    name: str
    service: Callable[[], Service]
    title: str = ""

    def find(self, random: Random) -> psutil.Process | None:
        """Pick one that runs."""
        service = self.service()
        if not self.title:
            return None if service.code() is not None else psutil.Process(service.pid)
        found = [process for process in service.family() if self.title in _title(process)]
        return random.choice(sorted(found, key=lambda process: process.pid)) if found else None


@dataclass
class Storm:
    """Faults, one after the other.

    Args:
        targets: what may be hit.
        random: picks.
        ledger: where all faults are noted, and the ends of stops.
        pause: seconds between two faults, in the mean.
    """

    targets: Sequence[Target]
    random: Random
    ledger: Ledger
    pause: float
    counts: Counter[str] = field(default_factory=Counter)

    async def rage(self, end: float) -> None:
        """Inject faults until that moment of the monotonic clock."""
        for target, kills in self._deck():
            pause = self.random.uniform(self.pause / 2, self.pause * 3 / 2)
            if monotonic() + pause > end:
                return
            await asyncio.sleep(pause)
            stopped = self.random.uniform(0, LONGEST_STOP)
            process = target.find(self.random)
            if process is not None:
                with suppress(psutil.NoSuchProcess):
                    await self._hit(target, process, kills, stopped)

    def _deck(self) -> Iterator[tuple[Target, bool]]:
        """Deal every target three times, twice to be killed, in any order; then again, for ever."""
        while True:
            deck = [(target, kills) for target in self.targets for kills in (True, True, False)]
            self.random.shuffle(deck)
            yield from deck

    async def _hit(self, target: Target, process: psutil.Process, kills: bool, stopped: float) -> None:
        self.ledger.faults.append(Fault(target.server, monotonic()))
        if kills:
            process.send_signal(signal.SIGKILL)
            self.counts[f"{target.name} killed"] += 1
            return
        process.send_signal(signal.SIGSTOP)
        self.counts[f"{target.name} stopped"] += 1
        try:
            await asyncio.sleep(stopped)
        finally:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
            self.ledger.faults.append(Fault(target.server, monotonic()))


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
