"""Jobs: what RunPod's queue hands out, done by the engine, answered piece by piece."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from dragoman.engine.client import Client
from dragoman.platforms.runpod import requests
from dragoman.platforms.runpod.jobs import errors
from dragoman.platforms.runpod.jobs.options import Options
from dragoman.platforms.runpod.jobs.work import Work, as_job_error


class Jobs:
    """Does jobs, many at a time.

    Args:
        client: the engine's.
        options: what the operator chose.
    """

    def __init__(self, client: Client, options: Options) -> None:
        self._client = client
        self._options = options
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def handle(self, job: Mapping[str, Any]) -> AsyncGenerator[object, None]:
        """Does one job: every item is a piece of its answer; ``{"error": …}``, always the last, says that it failed.

        The engine goes on while an item is on its way to the platform. Closing the generator ends the engine's request.

        Args:
            job: with ``id`` and ``input``, as the platform sends it.
        """
        job_id = str(job.get("id"))
        begun = self._begin(job_id, job)
        if isinstance(begun, errors.JobError):
            yield begun.item()
            return
        work, task = begun
        try:
            async for item in work.feed:
                yield item
        finally:
            if not work.feed.ended:
                task.cancel()
            await asyncio.wait([task])

    def abandon(self, job_id: str) -> None:
        """Ends what the job still has at the engine, at once, wherever its generator stands."""
        if task := self._tasks.get(job_id):
            task.cancel()

    def _begin(self, job_id: str, job: Mapping[str, Any]) -> tuple[Work, asyncio.Task[None]] | errors.JobError:
        """Has the engine start, where the job can be understood."""
        try:
            work = Work(job_id, requests.read(job, self._options), self._client, self._options)
        except Exception as error:
            return as_job_error(job_id, error)
        task = self._tasks[job_id] = asyncio.create_task(work.run())
        task.add_done_callback(lambda done: self._ended(job_id, done, work))
        return work, task

    def _ended(self, job_id: str, task: asyncio.Task[None], work: Work) -> None:
        if self._tasks.get(job_id) is task:
            del self._tasks[job_id]
        work.feed.drop(errors.cancelled().item())
