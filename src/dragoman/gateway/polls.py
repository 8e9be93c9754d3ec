"""Workers that wait for jobs, and which of them gets how many."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from dragoman.gateway.jobs import Job
from dragoman.gateway.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker asks for: as many jobs as that at most."""

    worker: str
    most: int


class Poll:
    """A worker's open request for jobs: answered once, unless it is closed before."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self._answer: asyncio.Future[Sequence[Job]] = asyncio.get_running_loop().create_future()

    @property
    def is_open(self) -> bool:
        """Whether it can still be answered."""
        return not self._answer.done()

    def answer(self, jobs: Sequence[Job]) -> bool:
        """Hand the worker these jobs; False where the poll was closed: they are for somebody else."""
        if self.is_open:
            self._answer.set_result(jobs)
            return True
        return False

    async def answered(self) -> None:
        """Wait for the answer."""
        await asyncio.wait((self._answer,))

    def close(self) -> Sequence[Job]:
        """Return what it was answered; where it was not, it will not be any more."""
        self.answer(())
        return self._answer.result()


class Polls:
    """All open polls, in the order in which they came."""

    def __init__(self) -> None:
        self._polls: dict[Poll, None] = {}

    def open(self, ask: Ask) -> Poll:
        """Open a poll."""
        poll = Poll(ask)
        self._polls[poll] = None
        return poll

    def close(self, poll: Poll) -> Sequence[Job]:
        """Close a poll; return what it was answered."""
        del self._polls[poll]
        return poll.close()

    def waiting(self) -> list[Poll]:
        """Those that have no answer yet."""
        return [poll for poll in self._polls if poll.is_open]

    def release(self, worker: str) -> None:
        """Answer that worker's polls: there is nothing for it."""
        for poll in self._polls:
            if poll.ask.worker == worker:
                poll.close()

    def release_all(self) -> None:
        """Answer all polls: there is nothing."""
        for poll in self._polls:
            poll.close()

    def __len__(self) -> int:
        return len(self._polls)


def shares(asks: Iterable[Ask], running: Mapping[str, int], queued: int) -> list[int]:
    """Divide queued jobs among those who ask.

    The worker that runs the fewest jobs comes first, then who has asked first; nobody gets more than a fair share of
    what is left, so that one worker with many slots does not empty the queue while others are idle.

    Args:
        asks: in the order in which they came.
        running: how many jobs each worker runs.
        queued: how many jobs there are.

    Returns:
        How many jobs each gets, in the order of ``asks``.
    """
    waiting = dict(enumerate(asks))
    load = Counter(running)
    given = [0] * len(waiting)
    while queued and waiting:
        next_one = min(waiting, key=lambda number: load[waiting[number].worker])
        fair = ceil(queued / len(waiting))
        ask = waiting.pop(next_one)
        given[next_one] = min(ask.most, fair)
        load[ask.worker] += given[next_one]
        queued -= given[next_one]
    return given


def deal(ledger: Ledger, asks: Sequence[Ask], running: Mapping[str, int], now: float) -> list[list[Job]]:
    """Take queued jobs from the ledger for those who ask; return each one's, in the order of ``asks``."""
    most = shares(asks, running, ledger.counts().in_queue)
    return [ledger.take(ask.worker, share, now) if share else [] for ask, share in zip(asks, most, strict=True)]
