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

    def _begin(self, job_id: str, job: Mapping[str, Any]) -> tuple[Work, asyncio.Task[None]] | errors.JobError:
        """Has the engine start, where the job can be understood."""
        try:
            work = Work(job_id, requests.read(job, self._options), self._client, self._options.within(job))
        except Exception as error:
            return as_job_error(job_id, error)
        task = asyncio.create_task(work.run())
        task.add_done_callback(lambda _: work.feed.drop(errors.cancelled().item()))
        return work, task
