"""RunPod's official SDK, with what costs its users time mended by subclasses. The one module that imports it.

What is mended was seen with release 1.10 and 1.12: with every slot taken it looks again a second later; a job waits up
to 0.1 s for its turn; polls that are open at SIGTERM keep it alive for their whole length; job ids live in a pickle in
the current directory, from which a killed worker's successor takes them for its own; and pings are sent by a fork of
the process, which here holds an engine.
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from typing import Any, Protocol, TypeVar

import aiohttp
from runpod.http_client import AsyncClientSession, TooManyRequests
from runpod.serverless.modules import rp_http, rp_job
from runpod.serverless.modules.rp_ping import Heartbeat
from runpod.serverless.modules.rp_scale import JobScaler
from runpod.serverless.modules.worker_state import JobsProgress

from dragoman.platforms.runpod.jobs.work import as_job_error
from dragoman.platforms.runpod.posts import Posts, describe
from dragoman.serving.observing.access_log import job_logged

# Longer than any platform holds a poll open.
POLL = 90.0
DEBOUNCE = 5.0

Job = dict[str, Any]
T = TypeVar("T")

log = logging.getLogger("dragoman")


class Handler(Protocol):
    """What does the jobs."""

    def handle(self, job: Mapping[str, Any]) -> AsyncGenerator[object, None]:
        """Yields a job's output piece by piece, and `{"error": …}` last where it fails."""


class InMemory(JobsProgress):  # type: ignore[misc]
    """The jobs in progress, known to this process only."""

    def _load_state(self) -> None:
        pass

    def _save_state(self) -> None:
        pass

    def get_job_list(self) -> str | None:
        """The ids of the jobs, with commas between them; safe to call from another thread."""
        return ",".join(str(job) for job in list(self)) or None


class Pings(Heartbeat):  # type: ignore[misc]
    """Tells the platform from a thread that the worker lives, and what it works on."""

    def __init__(self, interval: float) -> None:
        super().__init__()
        self.PING_INTERVAL = interval

    def start(self) -> None:
        """Begins, where the platform wants to be told."""
        if rp_job.WORKER_ID and self.PING_URL.startswith("http"):
            threading.Thread(target=self.ping_loop, name="pings", daemon=True).start()


class Loop(JobScaler):  # type: ignore[misc]
    """Takes jobs as soon as there is a slot for them, and begins each at once.

    Args:
        handler: what does the jobs.
        slots: how many jobs run at a time.
        refresh: whether this worker is to be replaced after a job.
    """

    def __init__(self, handler: Handler, slots: int, refresh: bool) -> None:
        super().__init__({"concurrency_modifier": lambda _: slots, "refresh_worker": refresh})
        JobsProgress._instance = None
        self.job_progress = rp_job.job_progress = InMemory()
        self.jobs_handler = self._do
        self.current_concurrency = slots
        self._handler = handler
        self._refresh = refresh
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Works until `kill_worker`; what has been taken by then is done to its end."""
        async with AsyncClientSession() as session:
            self._posts = Posts(session, rp_http.JOB_STREAM_URL, rp_http.JOB_DONE_URL)
            stopping = asyncio.create_task(self.monitor_stop_signals(session))
            await self.get_jobs(session)
            if self.jobs_tasks:
                await asyncio.wait(self.jobs_tasks.values())
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)

    async def get_jobs(self, session: aiohttp.ClientSession) -> None:
        """Polls for as many jobs as there are free slots, as long as there are any."""
        pace = Pace(longest=DEBOUNCE)
        while self.is_alive():
            free = self.current_concurrency - len(self.jobs_tasks)
            if free <= 0:
                self._freed.clear()
                await self._or_shutdown(self._freed.wait())
                continue
            jobs = await self._or_shutdown(pace.of(self.jobs_fetcher(session, free)))
            for job in jobs or ():
                self._begin(session, job)

    async def monitor_stop_signals(self, session: aiohttp.ClientSession) -> None:
        """Polls for the jobs that are to be stopped, until it is cancelled."""
        if rp_job._job_stop_url() is None:
            log.warning("RUNPOD_WEBHOOK_GET_JOB has no /job-take/ in it, so cancelled jobs run to their end")
            return
        pace = Pace(longest=0.5)
        while True:
            for job_id in await pace.of(self.stop_signals_fetcher(session)) or ():
                await self.stop_job(job_id)

    def _begin(self, session: aiohttp.ClientSession, job: object) -> None:
        if not isinstance(job, dict) or not isinstance(job_id := job.get("id"), str) or not job_id:
            log.error("the platform sent a job without an id, which nobody can answer")
        elif job_id in self.jobs_tasks:
            log.warning("job %s came a second time while it runs", job_id)
        else:
            self.job_progress.add(job_id)
            task = self.jobs_tasks[job_id] = asyncio.create_task(self.handle_job(session, job))
            # A task that is cancelled before its first step runs none of its own clean-up.
            task.add_done_callback(lambda _: self._ended(job_id))

    async def handle_job(self, session: aiohttp.ClientSession, job: Job) -> None:
        """Does one job, whatever becomes of it."""
        try:
            await self.jobs_handler(session, self.config, job)
            if self._refresh:
                self.kill_worker()
        except Exception:
            log.exception("job %s: its result could not be posted", job["id"])

    def _ended(self, job_id: str) -> None:
        self.job_progress.remove(job_id)
        del self.jobs_tasks[job_id]
        self._freed.set()

    async def _do(self, session: aiohttp.ClientSession, config: Mapping[str, Any], job: Job) -> None:
        """Posts each piece of a job's output, and then all of it or the error."""
        with job_logged(job["id"]) as ended:
            try:
                result = await self._result(job)
            except Exception as error:
                # A job of which nobody says how it ended would hang until the platform's time is up.
                result = {**as_job_error(job["id"], error).item()}
            ended("error" in result)
        if self._refresh:
            result["stopPod"] = True
        await self._posts.done(job["id"], result)

    async def _result(self, job: Job) -> dict[str, object]:
        """What a job comes to, each piece of which has been posted by then."""
        outputs: list[object] = []
        async with aclosing(self._handler.handle(job)) as items:
            async for item in items:
                if isinstance(item, dict) and item.get("error"):
                    return {"error": item["error"]}
                outputs.append(item)
                await self._posts.stream(job["id"], item)
        return {"output": outputs}

    async def _or_shutdown(self, coming: Awaitable[T]) -> T | None:
        """What comes, or None at shutdown, which does not wait for it."""
        task = asyncio.ensure_future(coming)
        shutdown = asyncio.create_task(self._shutdown_event.wait())
        try:
            await asyncio.wait([task, shutdown], return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for each in (task, shutdown):
                each.cancel()
            await asyncio.gather(task, shutdown, return_exceptions=True)


class Pace:
    """Keeps polls that bring nothing, or fail, from following each other too closely.

    Args:
        longest: seconds between the beginnings of two polls, after many that failed.
    """

    SHORTEST = 0.05
    # A platform that holds no poll open has an idle worker ask it this often: a job should not wait for longer.
    EMPTY = 0.2

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._pause = self.SHORTEST

    async def of(self, poll: Awaitable[list[Any] | None]) -> list[Any]:
        """What the poll brings, empty where it fails, after the pause that it has earned."""
        began = time.monotonic()
        brought: list[Any] = []
        try:
            async with asyncio.timeout(POLL):
                brought = await poll or []
            self._pause = min(self._pause, self.EMPTY)
        except TooManyRequests:
            self._pause = self._longest
        except TimeoutError:
            log.info("a poll was not answered in %g s", POLL)
        except Exception as error:
            log.warning("a poll failed: %s", describe(error))
        if brought:
            self._pause = self.SHORTEST
        else:
            await asyncio.sleep(self._pause - (time.monotonic() - began))
            self._pause = min(self._pause * 2, self._longest)
        return brought
