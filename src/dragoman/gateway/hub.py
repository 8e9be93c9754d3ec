"""What the sides of the endpoint share: where a change in the ledger becomes news for those who wait."""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable
from types import TracebackType
from typing import Any, Self, TypeVar

from dragoman.gateway import journal
from dragoman.gateway.archive import Archive
from dragoman.gateway.bells import Bells, News
from dragoman.gateway.chores import Chore
from dragoman.gateway.jobs import Change, Job
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.polls import Polls, deal
from dragoman.gateway.states import FINAL, Status
from dragoman.gateway.stops import Stops
from dragoman.gateway.terms import Terms
from dragoman.gateway.webhooks import Webhooks
from dragoman.gateway.workers import Workers

WHOLE = ""
"""The bell for news of the endpoint as a whole; no job has that id."""

T = TypeVar("T")


class Hub:
    """The endpoint's state in memory, and what goes on without anybody asking.

    An async context manager: while it is entered, jobs are handed out, what is over by the clock is ended, and webhooks
    are called. What was begun in the ledger comes to its end, though whoever asked for it is cancelled.

    Args:
        archive: the ledger, opened.
        terms: what holds for every job.
        clock: seconds since the epoch.

    Attributes:
        terms: what holds for every job.
        workers: the registry.
    """

    def __init__(self, archive: Archive, terms: Terms, clock: Callable[[], float] = time.time) -> None:
        self.terms = terms
        self.workers = Workers(terms.lost_after, clock)
        self._archive = archive
        self._clock = clock
        self._bells = Bells()
        self._polls = Polls()
        self._stops = Stops()
        self._dispatcher = Chore(self._hand_out, clock)
        self._sweeper = Chore(self._sweep, clock)
        self._webhooks = Webhooks(archive, clock)
        self._calls = Chore(self._webhooks.run, clock)
        self._steps: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        await self._remember_running()
        self._sweeper.now()
        self._calls.now()
        self._chores = [asyncio.create_task(chore.run()) for chore in (self._dispatcher, self._sweeper)]
        self._calling = asyncio.create_task(self._calls.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        self._calling.cancel()
        self._dispatcher.stop()
        self._sweeper.stop()
        await asyncio.gather(self._calling, *self._chores, return_exceptions=True)
        while self._steps:
            await asyncio.wait(self._steps)

    def close(self) -> None:
        """Answer all held polls now, and hold none any more."""
        self._closed = True
        self._polls.release_all()
        self._stops.release_all()
        self._bells.ring_all()

    async def _whole_step(self, step: Coroutine[Any, Any, T]) -> T:
        """Do a step in the ledger and tell the news of it: to the end, though the caller is cancelled meanwhile."""
        return await asyncio.shield(self._begin_step(step))

    def _begin_step(self, step: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(step)
        self._steps.add(task)
        task.add_done_callback(self._steps.discard)
        return task

    def _note(self, changes: Collection[Change]) -> None:
        """Tell all whom it concerns what has become of jobs by somebody else than their workers."""
        for change in changes:
            journal.changed(change)
            if change.stop is not None and change.stop in self.workers:
                self._stops.add(change.stop, (change.id,))
            self._left_worker(change.id, _news(change.status))

    def _left_worker(self, job_id: str, news: News) -> None:
        self.workers.end(job_id)
        self._bells.ring(job_id, news)
        self._webhooks.wake()
        self._queue_changed()
        self._sweeper.by(self._clock() + min(self.terms.kept.values()))

    def _queue_changed(self) -> None:
        self._dispatcher.now()
        self._bells.ring(WHOLE)

    def give_back(self, worker: str, jobs: Collection[Job]) -> None:
        """Put jobs back that the worker was handed and has not received."""
        if jobs:
            self._begin_step(self._give_back(worker, [job.id for job in jobs]))

    async def _give_back(self, worker: str, ids: Collection[str]) -> None:
        await self._archive.call(Ledger.give_back, ids, worker, self._clock())
        for job_id in ids:
            self.workers.end(job_id)
        self._queue_changed()

    async def _remember_running(self) -> None:
        """Learn who ran what when the gateway ended the last time."""
        before: int | None = None
        while jobs := await self._archive.call(Ledger.page, before, 200, Status.IN_PROGRESS):
            for job in jobs:
                self.workers.begin(job.worker or "", job.id)
            before = jobs[-1].seq

    async def _hand_out(self) -> None:
        """Give queued jobs to those who wait."""
        polls = self._polls.waiting()
        if not polls:
            return
        asks = [poll.ask for poll in polls]
        dealt = await self._archive.call(deal, asks, self.workers.running(), self._clock())
        for poll, jobs in zip(polls, dealt, strict=True):
            if jobs:
                self._hand_over(poll.ask.worker, jobs)
                if not poll.answer(jobs):
                    self.give_back(poll.ask.worker, jobs)

    def _hand_over(self, worker: str, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self.workers.begin(worker, job.id)
            self._stops.discard(worker, job.id)
            timeout = job.execution_timeout or self.terms.execution_timeout
            self._sweeper.by(self._clock() + min(timeout, self.terms.lost_after))
        self._bells.ring(WHOLE)

    async def _sweep(self) -> float | None:
        """End what is over by the clock, as far as nobody vouches for it."""
        for worker, alive_at in self.workers.unpinged():
            await self._archive.call(Ledger.seen, worker, None, alive_at)
        self._note(await self._archive.call(Ledger.sweep, self._clock()))
        for worker in self.workers.drop_silent():
            self._stops.forget(worker)
        self._bells.ring(WHOLE)
        moments = (await self._archive.call(Ledger.next_sweep), self.workers.next_silence())
        return min((moment for moment in moments if moment is not None), default=None)


def _news(status: Status | None) -> News:
    if status is None or status in FINAL:
        return News.OVER
    return News.AGAIN
