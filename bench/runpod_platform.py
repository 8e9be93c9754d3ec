"""A simulated RunPod Serverless platform: the queue, the stop channel and the posts that a worker sees.

Speaks to an unmodified RunPod SDK; what is said about the platform here was read in the SDK's release 1.10.
"""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from time import monotonic
from types import TracebackType
from typing import Generic, Literal, Self, TypeVar
from uuid import uuid4

from aiohttp import web

HOST = "127.0.0.1"
ENDPOINT = "endpoint"
WORKER = "worker"
KEY = "key"
PARTING = 0.1

Kind = Literal["take", "stop", "stream", "done", "ping"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")


class Status(StrEnum):
    """What RunPod says of a job."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Call:
    """A request of a worker."""

    kind: Kind
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """With names in lower case."""
    body: bytes
    at: float
    """When it had arrived, on the monotonic clock."""


@dataclass(frozen=True)
class Item:
    """An output that was posted to a job's stream."""

    output: object
    at: float
    """When it had arrived, on the monotonic clock."""


@dataclass(eq=False)
class Job:
    """A job and what has become of it; times are those of the monotonic clock."""

    id: str
    input: object
    submitted_at: float = field(default_factory=monotonic)
    taken_at: float | None = None
    items: list[Item] = field(default_factory=list)
    done: dict[str, object] | None = None
    """The body of the post that ended it."""
    done_at: float | None = None
    cancelled_at: float | None = None
    late_posts: int = 0
    """Posts that came when the job had ended; they change nothing."""
    _begun: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def outputs(self) -> list[object]:
        """What was posted to the stream, in order."""
        return [item.output for item in self.items]

    @property
    def status(self) -> Status:
        """What RunPod would say of it now."""
        if self.cancelled_at is not None:
            return Status.CANCELLED
        if self.done is not None:
            return Status.FAILED if "error" in self.done else Status.COMPLETED
        return Status.IN_QUEUE if self.taken_at is None else Status.IN_PROGRESS

    @property
    def ended(self) -> bool:
        """Whether it is done or cancelled."""
        return self._ended.is_set()

    async def finished(self) -> Status:
        """Wait until the job has ended in whatever way; return its status."""
        await self._ended.wait()
        return self.status

    async def first_item(self) -> Item:
        """Wait for the first post to the stream; raise ``LookupError`` where the job ends without one."""
        await self._begun.wait()
        if not self.items:
            raise LookupError(f"{self.id} is {self.status} without an item: {self.done}")
        return self.items[0]

    def add(self, output: object) -> None:
        """Note a post to the stream."""
        if self._is_late():
            return
        self.items.append(Item(output, monotonic()))
        self._begun.set()

    def end(self, body: dict[str, object]) -> None:
        """Note the post that ends the job."""
        if self._is_late():
            return
        self.done, self.done_at = body, monotonic()
        self._close()

    def cancel(self) -> None:
        """Note that nobody wants the job any more."""
        self.cancelled_at = monotonic()
        self._close()

    def _is_late(self) -> bool:
        self.late_posts += self.ended
        return self.ended

    def _close(self) -> None:
        self._begun.set()
        self._ended.set()


class Channel(Generic[T]):
    """What waits for the next poll."""

    def __init__(self) -> None:
        self.waiting: deque[T] = deque()
        self._filled = asyncio.Event()

    def put(self, thing: T) -> None:
        """Add a thing at the end."""
        self.waiting.append(thing)
        self._filled.set()

    def put_back(self, things: Sequence[T]) -> None:
        """Return things that were taken in vain to where they were."""
        self.waiting.extendleft(reversed(things))
        self._filled.set()

    async def take(self, most: int) -> list[T]:
        """Wait until there is something; take as much as there is, but no more than ``most``."""
        while not self.waiting:
            self._filled.clear()
            await self._filled.wait()
        return [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]


class Platform:
    """Serves one worker between entry and exit.

    Args:
        latency: seconds before each answer to a stream or done post; may be changed at any time.
        hold: seconds that a poll is held open when there is nothing to tell.
    """

    def __init__(self, latency: float = 0.0, hold: float = 20.0) -> None:
        self.latency = latency
        self.hold = hold
        self.address = (HOST, 0)
        self.open_polls = 0
        """Takes that wait for jobs now."""
        self._jobs: dict[str, Job] = {}
        self._queue: Channel[Job] = Channel()
        self._stops: Channel[str] = Channel()
        self._calls: list[Call] = []
        self._open: set[asyncio.Transport] = set()
        self._faults: dict[Kind, list[int | None]] = {}

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=0)
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=PARTING, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self.address = self._runner.addresses[0]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it serves."""
        host, port = self.address
        return f"http://{host}:{port}"

    def environment(self) -> dict[str, str]:
        """Make the variables that RunPod gives to a worker, and those that spare it checks of a real machine."""
        base = f"{self.url}/v2/{ENDPOINT}"
        return {
            "RUNPOD_WEBHOOK_GET_JOB": f"{base}/job-take/$ID?gpu=simulated",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{base}/job-done/$RUNPOD_POD_ID/$ID?gpu=simulated",
            "RUNPOD_WEBHOOK_POST_STREAM": f"{base}/job-stream/$RUNPOD_POD_ID/$ID?gpu=simulated",
            "RUNPOD_WEBHOOK_PING": f"{base}/ping/$RUNPOD_POD_ID?gpu=simulated",
            "RUNPOD_AI_API_KEY": KEY,
            "RUNPOD_POD_ID": WORKER,
            "RUNPOD_ENDPOINT_ID": ENDPOINT,
            "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
            "RUNPOD_SKIP_GPU_CHECK": "true",
        }

    def submit(self, input: object, id: str | None = None) -> Job:  # noqa: A002 - RunPod's names
        """Queue a job; without an id it is given one."""
        job = Job(id or str(uuid4()), input)
        self._jobs[job.id] = job
        self._queue.put(job)
        return job

    def cancel(self, job: Job) -> None:
        """Cancel a job: one that waits is not handed out any more, one that a worker has is put on the stop channel.

        A job that has ended stays as it is.
        """
        if job.ended:
            return
        if job in self._queue.waiting:
            self._queue.waiting.remove(job)
        else:
            self._stops.put(job.id)
        job.cancel()

    def calls(self, kind: Kind) -> list[Call]:
        """List the worker's calls of a kind, in order, those included that were refused."""
        return [call for call in self._calls if call.kind == kind]

    def fail_next(self, kind: Kind, times: int = 1, status: int = HTTPStatus.INTERNAL_SERVER_ERROR) -> None:
        """Answer the next calls of a kind with this status and do nothing else with them."""
        self._faults.setdefault(kind, []).extend([status] * times)

    def drop_next(self, kind: Kind, times: int = 1) -> None:
        """Close the connections of the next calls of a kind, unanswered and without doing anything with them."""
        self._faults.setdefault(kind, []).extend([None] * times)

    def drop_connections(self) -> None:
        """Close the connections of all calls that wait for their answers now."""
        for transport in list(self._open):
            transport.abort()

    def _routes(self) -> list[web.RouteDef]:
        base = f"/v2/{ENDPOINT}"
        return [
            web.get(f"{base}/job-take/{WORKER}", self._serving("take", self._take)),
            web.get(f"{base}/job-take-batch/{WORKER}", self._serving("take", self._take_batch)),
            web.get(f"{base}/job-stop/{WORKER}", self._serving("stop", self._stop)),
            web.post(f"{base}/job-stream/{WORKER}/{{id}}", self._serving("stream", self._stream)),
            web.post(f"{base}/job-done/{WORKER}/{{id}}", self._serving("done", self._done)),
            web.get(f"{base}/ping/{WORKER}", self._serving("ping", self._ping)),
        ]

    def _serving(self, kind: Kind, handler: Handler) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            transport = request.transport
            assert transport is not None
            self._open.add(transport)
            try:
                self._calls.append(await _call(kind, request))
                return await self._answer(kind, handler, request)
            finally:
                self._open.discard(transport)

        return serve

    async def _answer(self, kind: Kind, handler: Handler, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != KEY:
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if faults := self._faults.get(kind):
            return self._fail(request, faults.pop(0))
        response = await handler(request)
        if kind in ("stream", "done"):
            await asyncio.sleep(self.latency)
        return response

    def _fail(self, request: web.Request, status: int | None) -> web.Response:
        if status is None:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=status or HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        return await self._take_jobs(request, 1, lambda jobs: jobs[0])

    async def _take_batch(self, request: web.Request) -> web.StreamResponse:
        return await self._take_jobs(request, int(request.query["batch_size"]), lambda jobs: jobs)

    async def _take_jobs(
        self, request: web.Request, most: int, shape: Callable[[list[object]], object]
    ) -> web.StreamResponse:
        def render(jobs: list[Job]) -> object:
            return shape([{"id": job.id, "input": job.input} for job in jobs])

        self.open_polls += 1
        try:
            response, jobs = await self._poll(request, self._queue, most, render)
        finally:
            self.open_polls -= 1
        for job in jobs:
            job.taken_at = monotonic()
        return response

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        response, _ = await self._poll(request, self._stops, sys.maxsize, lambda ids: {"jobsToStop": ids})
        return response

    async def _poll(
        self, request: web.Request, channel: Channel[T], most: int, render: Callable[[list[T]], object]
    ) -> tuple[web.StreamResponse, list[T]]:
        """Hold the request until there is something to tell; what a client that has gone does not hear is put back."""
        try:
            async with asyncio.timeout(self.hold):
                told = await channel.take(most)
        except TimeoutError:
            return web.Response(status=HTTPStatus.NO_CONTENT), []
        response = web.json_response(render(told))
        try:
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            channel.put_back(told)
            return response, []
        except asyncio.CancelledError:
            channel.put_back(told)
            raise
        return response, told

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self._job(request).add(_body(await request.read())["output"])
        return web.Response()

    async def _done(self, request: web.Request) -> web.StreamResponse:
        job, body = self._job(request), _body(await request.read())
        if body.get("status") != Status.IN_PROGRESS:
            job.end(body)
        return web.Response()

    async def _ping(self, request: web.Request) -> web.StreamResponse:
        return web.Response()

    def _job(self, request: web.Request) -> Job:
        try:
            return self._jobs[request.match_info["id"]]
        except KeyError:
            raise web.HTTPNotFound from None


async def _call(kind: Kind, request: web.Request) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await request.read()
    return Call(kind, request.method, request.path, dict(request.query), headers, body, monotonic())


def _body(content: bytes) -> dict[str, object]:
    body: dict[str, object] = json.loads(content)
    return body
