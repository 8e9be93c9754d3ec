"""RunPod's endpoint API for clients, and what the gateway's own page asks."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dragoman.gateway import bodies, documents, queries
from dragoman.gateway.answers import answer, get, post
from dragoman.gateway.departures import unless_left
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.errors import BadRequestError
from dragoman.gateway.jobs import Job
from dragoman.gateway.states import FINAL, Kind, Status
from dragoman.gateway.submissions import Submission

# Sizes and times are those of https://docs.runpod.io/serverless/endpoints/operation-reference.
LARGEST_RUN = 10 * bodies.MB
LARGEST_RUNSYNC = 20 * bodies.MB
DEFAULT_WAIT = 90_000
SHORTEST_WAIT = 1_000
LONGEST_WAIT = 300_000

STREAM_HOLD = 1.0
"""Seconds that ``/stream`` waits for news: RunPod's SDK gives up after 10, and pauses for one between two requests."""

LISTED = 50
MOST_LISTED = 200


def routes(endpoint: Endpoint) -> list[BaseRoute]:
    """The routes below ``/v2/{endpoint_id}``.

    Args:
        endpoint: what they serve.
    """
    api = _ClientAPI(endpoint)
    return [
        post("/run", api.run),
        post("/runsync", api.runsync),
        get("/status/{id}", api.status),
        get("/stream/{id}", api.stream),
        post("/cancel/{id}", api.cancel),
        post("/retry/{id}", api.retry),
        post("/purge-queue", api.purge),
        get("/health", api.health),
        get("/requests", api.requests),
        get("/requests/{id}", api.request),
        get("/workers", api.workers),
    ]


class _ClientAPI:
    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def run(self, request: Request) -> Response:
        return answer(documents.ticket(await self._submit(request, Kind.RUN, LARGEST_RUN)))

    async def runsync(self, request: Request) -> Response:
        given = queries.number(request, "wait")
        wait = min(max(DEFAULT_WAIT if given is None else given, SHORTEST_WAIT), LONGEST_WAIT)
        job = await self._submit(request, Kind.RUNSYNC, LARGEST_RUNSYNC)
        async with unless_left(request.receive):
            job = await self._endpoint.finished(job.id, wait / 1000)
        return answer(documents.status_document(job) if job.status in FINAL else documents.ticket(job))

    async def status(self, request: Request) -> Response:
        ttl = queries.number(request, "ttl")
        if ttl is not None and ttl <= 0:
            raise BadRequestError("ttl is not a positive number of milliseconds")
        if ttl is not None:
            await self._endpoint.keep_for(_id(request), ttl / 1000)
        return answer(documents.status_document(await self._endpoint.job(_id(request))))

    async def stream(self, request: Request) -> Response:
        async with unless_left(request.receive):
            job, outputs = await self._endpoint.drain(_id(request), STREAM_HOLD)
        return answer(documents.stream(job, outputs))

    async def cancel(self, request: Request) -> Response:
        return answer(documents.ticket(await self._endpoint.cancel(_id(request))))

    async def retry(self, request: Request) -> Response:
        return answer(documents.ticket(await self._endpoint.retry(_id(request))))

    async def purge(self, request: Request) -> Response:
        return answer(documents.purged(await self._endpoint.purge()))

    async def health(self, request: Request) -> Response:
        return answer(documents.health(await self._endpoint.counts(), self._endpoint.workers.view()))

    async def requests(self, request: Request) -> Response:
        most = queries.integer(request, "limit", 1, MOST_LISTED) or LISTED
        before = queries.integer(request, "before", 0)
        jobs = await self._endpoint.page(before, most, _status(request))
        return answer(documents.request_list(jobs, most))

    async def request(self, request: Request) -> Response:
        after = queries.integer(request, "after", 0) or 0
        with_input = queries.flag(request, "input", default=True)
        job = await self._endpoint.job(_id(request))
        items = await self._endpoint.items(job.id, after)
        return answer(documents.request_details(job, items, with_input=with_input))

    async def workers(self, request: Request) -> Response:
        return answer(documents.worker_list(self._endpoint.workers.view()))

    async def _submit(self, request: Request, kind: Kind, most: int) -> Job:
        return await self._endpoint.submit(Submission.read(await bodies.read(request, most), kind))


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _status(request: Request) -> Status | None:
    given = request.query_params.get("status") or None
    try:
        return None if given is None else Status(given)
    except ValueError:
        raise BadRequestError(f"status is none of {', '.join(Status)}") from None
