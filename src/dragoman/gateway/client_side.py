"""What clients do with the endpoint."""

import asyncio
from collections.abc import AsyncGenerator

from dragoman.gateway.bells import News
from dragoman.gateway.errors import NotFoundError, WorkerLostError
from dragoman.gateway.hub import Hub
from dragoman.gateway.jobs import Item, Job
from dragoman.gateway.ledger import Counts, Ledger
from dragoman.gateway.states import FINAL, Status
from dragoman.gateway.submissions import Submission

MB = 10**6
STEP = 16
"""How many items of a stream are read at a time: each may be large."""


class ClientSide(Hub):
    """The part of the endpoint that submits jobs and follows them."""

    async def submit(self, submission: Submission) -> Job:
        """Queue a job."""
        return await self._whole_step(self._submit(submission))

    async def _submit(self, submission: Submission) -> Job:
        job = await self._archive.call(Ledger.submit, submission, self._clock())
        self._sweeper.by(job.expires_at)
        self._queue_changed()
        return job

    async def job(self, job_id: str) -> Job:
        """The job as it is now.

        Raises:
            NotFoundError: there is none, or none any more.
        """
        return _found(await self._archive.call(Ledger.job, job_id))

    async def finished(self, job_id: str, within: float | None = None) -> Job:
        """Wait for the job's end.

        Args:
            job_id: its id.
            within: seconds after which the wait ends, as it does when the endpoint is closed. None: nothing but the
                job's end counts.

        Returns:
            The job as it is then.

        Raises:
            NotFoundError: there is none, or none any more.
        """
        until = None if within is None else _moment(within)
        with self._bells.listen(job_id) as bell:
            job = await self.job(job_id)
            if job.status in FINAL:
                return job
            while News.OVER not in bell.heard and not (self._closed and within is not None):
                if not await bell.rung(until):
                    break
        return await self.job(job_id)

    async def drain(self, job_id: str, hold: float) -> tuple[Job, list[bytes]]:
        """Take what is new in the job's stream; each item is returned once.

        Args:
            job_id: its id.
            hold: seconds to wait for an item where there is none and the job has not ended.

        Returns:
            The job, and the items. With a final one, all that are left were there to be taken.

        Raises:
            NotFoundError: there is none, or none any more.
        """
        until = _moment(hold)
        with self._bells.listen(job_id) as bell:
            while True:
                job, outputs = await self._archive.call(_drain, job_id)
                if outputs or job.status in FINAL or self._closed or not await bell.rung(until):
                    return job, outputs

    async def follow(self, job_id: str) -> AsyncGenerator[bytes, None]:
        """Yield each item of the job's stream as it comes, from the first, until the job is final or gone.

        Raises:
            NotFoundError: there is no such job, or none any more.
            WorkerLostError: the job's worker was lost after an item was yielded: the next run has a stream of its own.
        """
        number = 0
        with self._bells.listen(job_id) as bell:
            if (await self.job(job_id)).status in FINAL:
                bell.ring(News.OVER)
            while not (number and News.AGAIN in bell.heard):
                bell.heard.discard(News.AGAIN)
                over = News.OVER in bell.heard
                items = await self.items(job_id, number)
                for item in items:
                    yield item.output
                    number = item.number
                if not items:
                    if over:
                        return
                    await bell.rung()
        raise WorkerLostError("The job's worker was lost in mid-stream.")

    async def cancel(self, job_id: str) -> Job:
        """End a job that has not ended; its worker is told to stop it.

        Raises:
            NotFoundError: there is none, or none any more.
        """
        return await self._whole_step(self._cancel(job_id))

    async def _cancel(self, job_id: str) -> Job:
        changes = await self._archive.call(Ledger.cancel, job_id, self._clock())
        self._note(changes or ())
        return await self.job(job_id)

    async def retry(self, job_id: str) -> Job:
        """Queue a failed job again.

        Raises:
            NotFoundError: there is none, or none any more.
            BadRequestError: it has not failed.
        """
        return await self._whole_step(self._retry(job_id))

    async def _retry(self, job_id: str) -> Job:
        job = _found(await self._archive.call(Ledger.retry, job_id, self._clock()))
        self._sweeper.by(job.expires_at)
        self._queue_changed()
        return job

    async def purge(self) -> int:
        """Cancel all queued jobs; return how many."""
        return await self._whole_step(self._purge())

    async def _purge(self) -> int:
        purged = await self._archive.call(Ledger.purge, self._clock())
        self._note(purged)
        return len(purged)

    async def keep_for(self, job_id: str, ttl: float) -> None:
        """Change for how many seconds the job can be read after its end, from now on where it has ended."""
        now = self._clock()
        await self._archive.call(Ledger.keep_for, job_id, ttl, now)
        self._sweeper.by(now + ttl)

    async def page(self, before: int | None, most: int, status: Status | None) -> list[Job]:
        """List jobs without their payloads, the newest first: those below a ``seq``, of one state only."""
        return await self._archive.call(Ledger.page, before, most, status)

    async def items(self, job_id: str, after: int) -> list[Item]:
        """Read the job's stream behind an item's number: up to 1 MB, or one item. Nobody misses what is read here."""
        return await self._archive.call(_items, job_id, after)

    async def counts(self) -> Counts:
        """Count the jobs that there are and were."""
        return await self._archive.call(Ledger.counts)


def _drain(ledger: Ledger, job_id: str) -> tuple[Job, list[bytes]]:
    job, outputs = _found(ledger.job(job_id)), list[bytes]()
    while sum(map(len, outputs)) < MB and (more := ledger.drain(job_id, STEP)):
        outputs += more
    return job, outputs


def _items(ledger: Ledger, job_id: str, after: int) -> list[Item]:
    found = list[Item]()
    while (size := sum(len(item.output) for item in found)) < MB:
        more = ledger.items(job_id, found[-1].number if found else after, STEP)
        if not more:
            break
        found += more
    while size > MB and len(found) > 1:
        size -= len(found.pop().output)
    return found


def _found(job: Job | None) -> Job:
    if job is None:
        raise NotFoundError("there is no such job, or it has expired")
    return job


def _moment(within: float) -> float:
    return asyncio.get_running_loop().time() + within
