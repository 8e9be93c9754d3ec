"""What workers do with the endpoint."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from dragoman.gateway import journal
from dragoman.gateway.bells import News
from dragoman.gateway.hub import WHOLE, Hub
from dragoman.gateway.jobs import Job, Result
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.polls import Ask, Poll

PAUSE = 0.1
"""Seconds that a poll is held which could be answered at once, lest a worker that does not end asks without a pause."""


class WorkerSide(Hub):
    """The part of the endpoint that hands out jobs and hears of them."""

    async def take(self, worker: str, most: int, hold: float) -> Sequence[Job]:
        """Hand the worker queued jobs; cancelled, it leaves them in the queue.

        Args:
            worker: its id.
            most: how many it takes.
            hold: seconds to wait for the first.
        """
        with self._polling(worker):
            if self._is_released(worker):
                await asyncio.sleep(min(hold, PAUSE))
                return ()
            return await self._answer(worker, self._polls.open(Ask(worker, most)), hold)

    async def _answer(self, worker: str, poll: Poll, hold: float) -> Sequence[Job]:
        self._dispatcher.now()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(hold):
                    await poll.answered()
        except asyncio.CancelledError:
            self.give_back(worker, self._polls.close(poll))
            raise
        return self._polls.close(poll)

    async def stops(self, worker: str, hold: float) -> list[str]:
        """Tell the worker, once, which jobs to stop.

        Args:
            worker: its id.
            hold: seconds to wait for the first.
        """
        with self._polling(worker):
            if self._is_released(worker):
                hold = min(hold, PAUSE)
            return await self._stops.wait(worker, asyncio.get_running_loop().time() + hold)

    def stop_again(self, worker: str, ids: Iterable[str]) -> None:
        """Keep signals that the worker has not received."""
        self._stops.add(worker, ids)

    async def add_items(self, job_id: str, worker: str, outputs: Sequence[bytes]) -> bool:
        """Add to the job's stream; return whether this worker runs it."""
        return await self._whole_step(self._add_items(job_id, worker, outputs))

    async def _add_items(self, job_id: str, worker: str, outputs: Sequence[bytes]) -> bool:
        self._contact(worker)
        self.workers.prove(worker, job_id)
        running = await self._archive.call(Ledger.add_items, job_id, worker, outputs, self._clock())
        if running:
            self._bells.ring(job_id)
        return running

    async def progress(self, job_id: str, worker: str, output: bytes) -> bool:
        """Note how far the job is; return whether this worker runs it."""
        self._contact(worker)
        self.workers.prove(worker, job_id)
        return await self._archive.call(Ledger.progress, job_id, worker, output, self._clock())

    async def finish(self, job_id: str, worker: str, result: Result) -> bool:
        """End the job; return whether this worker ran it."""
        return await self._whole_step(self._finish(job_id, worker, result))

    async def _finish(self, job_id: str, worker: str, result: Result) -> bool:
        self._contact(worker)
        self._stops.discard(worker, job_id)
        running = await self._archive.call(Ledger.finish, job_id, worker, result, self._clock())
        if running:
            self._left_worker(job_id, News.OVER)
            if result.error is not None:
                journal.failed(job_id, worker)
        return running

    async def ping(
        self, worker: str, ids: Collection[str], version: str | None = None, problem: str | None = None
    ) -> None:
        """Note that the worker is alive, and for which jobs.

        Args:
            worker: its id.
            ids: the jobs. Those that it should not run it is told to stop.
            version: of RunPod's SDK.
            problem: why it cannot work; it is handed no jobs until it asks for some.
        """
        self._contact(worker, pings=True, version=version, problem=problem)
        if problem:
            self._polls.release(worker)
        self._bells.ring(WHOLE)
        if believed := self.workers.believed(worker, ids):
            self._stops.add(worker, await self._archive.call(Ledger.seen, worker, believed, self._clock()))

    def _is_released(self, worker: str) -> bool:
        return self._closed or not self.workers.takes(worker)

    @contextmanager
    def _polling(self, worker: str) -> Iterator[None]:
        try:
            with self.workers.polling(worker):
                self._bells.ring(WHOLE)
                yield
        finally:
            self._sweeper.by(self._clock() + self.terms.lost_after)

    def _contact(
        self, worker: str, *, pings: bool = False, version: str | None = None, problem: str | None = None
    ) -> None:
        self.workers.contact(worker, pings=pings, version=version, problem=problem)
        self._sweeper.by(self._clock() + self.terms.lost_after)
