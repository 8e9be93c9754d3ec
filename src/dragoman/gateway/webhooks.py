"""Telling clients where they asked to be told that their jobs have ended."""

import asyncio
import logging
from collections.abc import Callable

import aiohttp

from dragoman.gateway import documents, payloads
from dragoman.gateway.archive import Archive
from dragoman.gateway.callbacks import TRIES
from dragoman.gateway.chores import Chore
from dragoman.gateway.jobs import Job
from dragoman.gateway.ledger import Ledger

AT_ONCE = 32
PATIENCE = 10.0
ACCEPTED = 200

log = logging.getLogger("dragoman")


class Webhooks:
    """Posts the status document of each job that has ended to its webhook, as RunPod does.

    Only an answer with status 200 counts. The ledger says when a try is due and remembers how many there were, so that
    a restart forgets none.

    Args:
        archive: the ledger.
        clock: seconds since the epoch.
    """

    def __init__(self, archive: Archive, clock: Callable[[], float]) -> None:
        self._archive = archive
        self._clock = clock
        self._deliveries = Chore(self._begin, clock)
        self._free = AT_ONCE

    def wake(self) -> None:
        """Have it look now: a job has ended."""
        self._deliveries.now()

    async def run(self) -> None:
        """Deliver for ever. A try that the end cuts off does not count as one."""
        self._free = AT_ONCE
        self.wake()
        async with _session() as self._session, asyncio.TaskGroup() as self._tries:
            await self._deliveries.run()

    async def _begin(self) -> float | None:
        """Start what is due, each in a task of its own: a server that does not answer holds up nobody else's.

        Returns:
            When the next one is due; with as many under way as may be, the end of one of them is waited for.
        """
        for job in await self._archive.call(Ledger.due_webhooks, self._clock(), self._free):
            self._free -= 1
            self._tries.create_task(self._try(job))
        return await self._archive.call(Ledger.next_webhook) if self._free else None

    async def _try(self, job: Job) -> None:
        problem = await _post(self._session, job)
        if problem:
            log.warning("the webhook of job %s did not accept: %s", job.id, problem)
        is_last = await self._archive.call(Ledger.webhook_tried, job, problem is None, self._clock())
        if problem and is_last:
            log.warning("the webhook of job %s is given up after %d tries", job.id, TRIES)
        self._free += 1
        self.wake()


def _session() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    return aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())


async def _post(session: aiohttp.ClientSession, job: Job) -> str | None:
    """What went wrong, which never names the address: it may hold a secret."""
    body = payloads.dumps(documents.status_document(job))
    headers = {"content-type": "application/json"}
    try:
        async with session.post(job.webhook or "", data=body, headers=headers, allow_redirects=False) as response:
            return None if response.status == ACCEPTED else f"status {response.status}"
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return type(error).__name__
