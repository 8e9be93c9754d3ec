"""The API that RunPod's SDK (release 1.12) speaks in a worker: it asks for jobs and tells what becomes of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dragoman.gateway import bodies, documents, payloads, queries
from dragoman.gateway.answers import answer, get, post
from dragoman.gateway.departures import ClientLeftError, unless_left
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.errors import BadRequestError, TooLargeError
from dragoman.gateway.jobs import Job, Result
from dragoman.gateway.states import Status

LARGEST_POST = 64 * bodies.MB
LARGEST_BATCH = 1000

HOLD = 20.0
"""Seconds that a poll is held; RunPod's SDK gives up after 90."""

TOO_LARGE = Result(None, f"The worker's result is larger than {LARGEST_POST // bodies.MB} MB.")
UNREADABLE = Result(None, "The worker's result is not valid JSON.")

Told = TypeVar("Told")


def routes(endpoint: Endpoint, hold: float = HOLD) -> list[BaseRoute]:
    """The routes below ``/v2/{endpoint_id}``.

    Args:
        endpoint: what they serve.
        hold: seconds that a poll is held open while there is nothing to tell.
    """
    api = _WorkerAPI(endpoint, hold)
    return [
        get("/job-take/{worker}", api.take),
        get("/job-take-batch/{worker}", api.take_batch),
        get("/job-stop/{worker}", api.stop),
        get("/ping/{worker}", api.ping),
        post("/job-stream/{worker}/{id}", api.stream),
        post("/job-done/{worker}/{id}", api.done),
    ]


class _WorkerAPI:
    """Posts that come too late are answered like all others: the SDK would repeat what is refused."""

    def __init__(self, endpoint: Endpoint, hold: float) -> None:
        self._endpoint = endpoint
        self._hold = hold

    async def take(self, request: Request) -> Response:
        jobs = await self._take(request, 1)
        return answer(documents.assignment(jobs[0])) if jobs else _nothing()

    async def take_batch(self, request: Request) -> Response:
        jobs = await self._take(request, queries.integer(request, "batch_size", 1) or 1)
        return answer([documents.assignment(job) for job in jobs]) if jobs else _nothing()

    async def stop(self, request: Request) -> Response:
        worker = _worker(request)
        waiting = self._endpoint.stops(worker, self._hold)
        ids = await _told(request, waiting, lambda ids: self._endpoint.stop_again(worker, ids))
        return answer(documents.to_stop(ids)) if ids else _nothing()

    async def ping(self, request: Request) -> Response:
        query = request.query_params
        ids = [job_id for listed in query.getlist("job_id") for job_id in listed.split(",") if job_id]
        await self._endpoint.ping(_worker(request), ids, query.get("runpod_version"), _problem(request))
        return answer({})

    async def stream(self, request: Request) -> Response:
        output = _output(await bodies.read(request, LARGEST_POST))
        await self._endpoint.add_items(_id(request), _worker(request), [output])
        return answer({})

    async def done(self, request: Request) -> Response:
        worker, job_id = _worker(request), _id(request)
        try:
            content = await bodies.read(request, LARGEST_POST)
            body = payloads.loads(content)
        except TooLargeError:
            await self._endpoint.finish(job_id, worker, TOO_LARGE)
        except ValueError:
            await self._endpoint.finish(job_id, worker, UNREADABLE)
        else:
            if isinstance(body, dict) and body.get("status") == Status.IN_PROGRESS:
                await self._endpoint.progress(job_id, worker, _output(content))
            else:
                await self._done(job_id, worker, body)
        return answer({})

    async def _done(self, job_id: str, worker: str, body: object) -> None:
        if isinstance(body, dict) and body.get("stopPod") is True:
            self._endpoint.retire(worker)
        await self._endpoint.finish(job_id, worker, Result.read(body))

    async def _take(self, request: Request, most: int) -> Sequence[Job]:
        worker = _worker(request)
        waiting = self._endpoint.take(worker, min(most, LARGEST_BATCH), self._hold)
        return await _told(request, waiting, lambda jobs: self._endpoint.give_back(worker, jobs))


async def _told(
    request: Request, waiting: Awaitable[Sequence[Told]], undo: Callable[[Sequence[Told]], None]
) -> Sequence[Told]:
    """Wait for what a worker is to be told; undo it where the worker has left in the meantime.

    Raises:
        ClientLeftError: it has.
    """
    told: Sequence[Told] = ()
    try:
        async with unless_left(request.receive):
            told = await waiting
        if await request.is_disconnected():
            raise ClientLeftError
    except BaseException:
        undo(told)
        raise
    return told


def _nothing() -> Response:
    return Response(status_code=204)


def _output(content: bytes) -> bytes:
    try:
        body = payloads.loads(content)
        if isinstance(body, dict) and "output" in body:
            return payloads.dumps(body["output"])
    except ValueError:
        raise BadRequestError("the body is not valid JSON, or is nested too deeply") from None
    raise BadRequestError('the body is not a JSON object with "output"')


def _problem(request: Request) -> str | None:
    """What the SDK's own checks of the machine have found: it tells so once, and ends."""
    query = request.query_params
    if query.get("status") != "unhealthy":
        return None
    return ": ".join(filter(None, (query.get("check"), query.get("reason")))) or "it says so"


def _worker(request: Request) -> str:
    return str(request.path_params["worker"])


def _id(request: Request) -> str:
    return str(request.path_params["id"])
