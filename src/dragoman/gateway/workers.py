"""The workers that take jobs here, as far as they have told of themselves."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from time import time

REBORN_AFTER = 2.0
"""Seconds without an open poll after which the process that was leaving has gone, and who asks is a new one.

RunPod's SDK pauses for one second at most.
"""

FAILURES_SHOWN = 600.0
"""Seconds for which a worker is shown that has ended before it was ready."""


class State(StrEnum):
    """RunPod's names for what a worker does; ``/health`` counts them."""

    IDLE = "IDLE"
    RUNNING = "RUNNING"
    INITIALIZING = "INITIALIZING"
    UNHEALTHY = "UNHEALTHY"


@dataclass(frozen=True, slots=True)
class WorkerView:
    """A worker, as it was when it was looked at. Times are seconds since the epoch.

    Attributes:
        jobs: how many it runs.
        seen_at: when it last asked for or told of something; when it was started, where it has not yet.
        idle_since: since when it could take jobs and has run none; None otherwise.
        leaving: whether it is handed no more jobs because it is to end.
        version: of RunPod's SDK.
        pings: whether it has ever sent a ping.
        problem: why it is unhealthy.
        managed: whether the gateway started it.
        ended: whether it has ended before it was ready, and is shown for its problem alone.
    """

    id: str
    state: State
    jobs: int
    seen_at: float
    idle_since: float | None = None
    leaving: bool = False
    version: str | None = None
    pings: bool = False
    problem: str | None = None
    managed: bool = False
    ended: bool = False


@dataclass(slots=True)
class _Worker:
    id: str
    seen_at: float
    managed: bool = False
    met: bool = False
    leaving: bool = False
    pings: bool = False
    version: str | None = None
    problem: str | None = None
    idle_since: float | None = None
    polls: int = 0
    polled_at: float = 0.0
    cut_off_at: float | None = None
    jobs: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)

    def meet(self, now: float) -> None:
        self.seen_at = now
        if not self.met:
            self.met = True
            self.idle_since = None if self.jobs else now


class Workers:
    """The registry, in memory.

    Args:
        lost_after: seconds of silence after which a worker counts as gone; an open poll is no silence.
        clock: seconds since the epoch.
    """

    def __init__(self, lost_after: float, clock: Callable[[], float] = time) -> None:
        self._lost_after = lost_after
        self._clock = clock
        self._workers: dict[str, _Worker] = {}
        self._holders: dict[str, str] = {}
        self._failures: list[WorkerView] = []

    def __contains__(self, worker: str) -> bool:
        return worker in self._workers

    def expect(self, worker: str) -> None:
        """A process of the gateway's own was started: it is initializing until it asks for something."""
        self._known(worker).managed = True

    def contact(
        self, worker: str, *, pings: bool = False, version: str | None = None, problem: str | None = None
    ) -> None:
        """The worker has asked for or told of something.

        Args:
            worker: its id.
            pings: whether it was a ping.
            version: the version of RunPod's SDK, where it was told.
            problem: what is wrong with the worker; one that does not say so is well.
        """
        record = self._known(worker)
        self._meet(record)
        if pings:
            record.pings = True
        else:
            record.cut_off_at = None
        record.version = version or record.version
        record.problem = problem

    @contextmanager
    def polling(self, worker: str) -> Iterator[None]:
        """The worker keeps a poll open for as long as this lasts."""
        record = self._known(worker)
        now = self._clock()
        if not (record.managed or record.polls) and now - record.polled_at > REBORN_AFTER:
            record.leaving = False
        self._meet(record)
        record.problem = record.cut_off_at = None
        record.polls += 1
        try:
            yield
        except asyncio.CancelledError:
            if record.polls == 1:
                record.cut_off_at = self._clock()
                record.doubtful |= record.jobs
            raise
        finally:
            record.polls -= 1
            record.seen_at = record.polled_at = self._clock()

    def begin(self, worker: str, job: str) -> None:
        """The worker runs that job."""
        self.end(job)
        record = self._known(worker)
        record.jobs.add(job)
        record.doubtful.discard(job)
        record.idle_since = None
        self._holders[job] = worker

    def end(self, job: str) -> None:
        """No worker runs that job any more; one that none has run is let pass."""
        record = self._workers.get(self._holders.pop(job, ""))
        if record is not None:
            record.jobs.discard(job)
            record.doubtful.discard(job)
            if not record.jobs:
                record.idle_since = self._clock() if record.met else None

    def leave(self, worker: str) -> None:
        """Hand the worker no more jobs."""
        record = self._known(worker)
        record.leaving = True
        record.polled_at = self._clock()

    def forget(self, worker: str) -> None:
        """The worker's process has ended."""
        record = self._workers.pop(worker, None)
        for job in record.jobs if record else ():
            del self._holders[job]

    def show_failure(self, worker: str, problem: str) -> None:
        """Show one of the gateway's own that ended before it was ready, until another comes or fails, or for a while.

        Args:
            worker: its id.
            problem: why, as far as is known.
        """
        shown = WorkerView(worker, State.UNHEALTHY, 0, self._clock(), problem=problem, managed=True, ended=True)
        self._failures = [shown]

    def takes(self, worker: str) -> bool:
        """Whether the worker may be handed jobs."""
        record = self._workers.get(worker)
        return record is None or not (record.leaving or record.problem)

    def prove(self, worker: str, job: str) -> None:
        """The worker has posted something of that job, so it runs it."""
        if record := self._workers.get(worker):
            record.doubtful.discard(job)

    def believed(self, worker: str, jobs: Iterable[str]) -> list[str]:
        """Those of the jobs that a ping of the worker may keep alive.

        RunPod's SDK pings from a process of its own, which goes on for ever when the worker itself is killed, and a
        worker that is started again in the same directory names the jobs of the one before. So when a worker has left
        its last open poll, no ping counts until it asks for something, and none for the jobs that it ran then until it
        posts something of them.
        """
        record = self._workers.get(worker)
        if record is None:
            return list(jobs)
        return [] if record.cut_off_at is not None else [job for job in jobs if job not in record.doubtful]

    def running(self) -> Counter[str]:
        """How many jobs each worker runs."""
        return Counter(self._holders.values())

    def unpinged(self) -> list[tuple[str, float]]:
        """Those that run jobs and have never pinged, with the moment of which any contact proves that they lived."""
        now = self._clock()
        silent = (record for record in self._workers.values() if record.jobs and record.met and not record.pings)
        return [(record.id, now if record.polls else record.seen_at) for record in silent]

    def drop_silent(self) -> list[str]:
        """Forget those that have been silent for too long, run nothing, and were started by somebody else.

        Failures that have been shown for long enough go too.
        """
        now = self._clock()
        self._failures = [failure for failure in self._failures if failure.seen_at + FAILURES_SHOWN > now]
        gone = [record.id for record in self._workers.values() if self._is_gone(record, now)]
        for worker in gone:
            self.forget(worker)
        return gone

    def next_silence(self) -> float | None:
        """The earliest moment at which another one will have been silent for too long, or a failure been shown."""
        now = self._clock()
        starts = (moment for record in self._workers.values() for moment in _starts_of_silence(record))
        ends = [start + self._lost_after for start in starts]
        ends += [failure.seen_at + FAILURES_SHOWN for failure in self._failures]
        return min((end for end in ends if end > now), default=None)

    def view(self) -> tuple[WorkerView, ...]:
        """All workers as they are now, and those that have failed to become ready."""
        now = self._clock()
        return (*(self._view(record, now) for record in self._workers.values()), *self._failures)

    def _meet(self, record: _Worker) -> None:
        if record.managed and not record.met:
            self._failures.clear()
        record.meet(self._clock())

    def _silence(self, record: _Worker, now: float) -> str | None:
        if record.met and self._is_silent(record, now):
            return "it has not been heard of for too long"
        if record.cut_off_at is not None and record.cut_off_at + self._lost_after <= now:
            return "its connections were cut, and only its pings go on: its process seems to have been killed"
        return None

    def _is_silent(self, record: _Worker, now: float) -> bool:
        return not record.polls and record.seen_at + self._lost_after <= now

    def _is_gone(self, record: _Worker, now: float) -> bool:
        return self._is_silent(record, now) and not (record.managed or record.jobs)

    def _known(self, worker: str) -> _Worker:
        return self._workers.setdefault(worker, _Worker(worker, self._clock()))

    def _view(self, record: _Worker, now: float) -> WorkerView:
        problem = record.problem or self._silence(record, now)
        return WorkerView(
            record.id,
            _state(record, problem),
            len(record.jobs),
            record.seen_at,
            record.idle_since,
            record.leaving,
            record.version,
            record.pings,
            problem,
            record.managed,
        )


def _starts_of_silence(record: _Worker) -> Iterator[float]:
    if not record.polls:
        yield record.seen_at
    if record.cut_off_at is not None:
        yield record.cut_off_at


def _state(record: _Worker, problem: str | None) -> State:
    if problem:
        return State.UNHEALTHY
    if record.jobs:
        return State.RUNNING
    return State.IDLE if record.met else State.INITIALIZING
