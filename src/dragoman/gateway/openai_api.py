"""``/openai/v1/*``: OpenAI's API, each request of which is a job for a worker."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing, suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from dragoman.gateway import bodies, openai_answers, openai_errors, payloads
from dragoman.gateway.departures import ClientLeftError, unless_left
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.errors import BadRequestError, GatewayError, NotFoundError, WorkerLostError
from dragoman.gateway.jobs import Job
from dragoman.gateway.openai_answers import NOTHING, Stream
from dragoman.gateway.openai_errors import OpenAIError
from dragoman.gateway.states import FINAL, Kind, Status
from dragoman.gateway.submissions import Submission, new_id

LARGEST_BODY = 20 * bodies.MB
BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
NAMING_EVENTS = ("messages", "responses")
EVENT_STREAM = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


class UnsupportedMediaError(GatewayError):
    """The body is of a type that a job cannot hold."""

    status = 415


def routes(endpoint: Endpoint) -> list[BaseRoute]:
    """Return the route of every method and every path below ``/openai/v1/``.

    Args:
        endpoint: whose workers answer.
    """
    return [Route("/openai/v1/{path:path}", _Proxy(endpoint))]


class _Proxy:
    """Has workers answer requests. A client that leaves takes its job with it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        with suppress(ClientDisconnect, ClientLeftError):
            try:
                submission, streams = await _read(Request(scope, receive))
            except GatewayError as error:
                await OpenAIError.of(error.status, str(error)).response()(scope, receive, send)
                return
            exchange = _Exchange(self._endpoint, submission.id, scope, receive, send)
            try:
                async with unless_left(receive):
                    await self._endpoint.submit(submission)
                    await (exchange.stream() if streams else exchange.whole())
            except asyncio.CancelledError:
                # A client that has left would have raised another error: it is the gateway that ends.
                await exchange.abandon()
                await exchange.end_stream(openai_errors.broken_off(openai_errors.SHUTTING_DOWN))
                raise
            except BaseException:
                if not exchange.is_told:
                    await exchange.abandon()
                raise


async def _read(request: Request) -> tuple[Submission, bool]:
    """Read the job that the request is, and whether it asks for a stream.

    RunPod's gateway gives workers ``openai_route`` and, of a request with a body, ``openai_input``.

    Raises:
        BadRequestError: the body is not a JSON object.
        UnsupportedMediaError: it is a form with files.
        TooLargeError: it is larger than RunPod takes.
    """
    job_input: dict[str, object] = {"openai_route": f"/v1/{request.path_params['path']}"}
    streams = False
    if request.method not in BODILESS:
        body = await _body(request)
        if body is not None:
            job_input["openai_input"] = body
            streams = body.get("stream") is True
    return Submission(new_id(Kind.OPENAI), Kind.OPENAI, payloads.dumps(job_input)), streams


async def _body(request: Request) -> dict[str, object] | None:
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise UnsupportedMediaError("A job can hold nothing but JSON: send it as application/json.")
    content = await bodies.read(request, LARGEST_BODY)
    if not content and request.method == "DELETE":
        return None
    try:
        body = payloads.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise BadRequestError("The body is not a JSON object.")
    return body


class _Exchange:
    """The answer to one request: made by a job, sent to a client."""

    def __init__(self, endpoint: Endpoint, job_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._endpoint = endpoint
        self._id = job_id
        self._headers = {"x-request-id": job_id}
        self._scope = scope
        self._receive = receive
        self._send = send
        self._stream: Stream | None = None

    @property
    def is_told(self) -> bool:
        """Whether the client has been told the stream's end: some leave then, before the job has ended."""
        return self._stream is not None and self._stream.is_closed

    async def whole(self) -> None:
        """Send all of the answer when the job has ended."""
        job = await self._ended(self._endpoint.finished(self._id))
        if job is None or job.status is not Status.COMPLETED:
            response = openai_errors.of_job(job).response(self._headers)
        else:
            response = openai_answers.whole(await self._output(job), self._headers)
        await self._respond(response)

    async def stream(self) -> None:
        """Send each event as it comes; the first item decides whether there is a stream at all."""
        async with aclosing(self._items()) as items:
            first = await anext(items, b"")
            if refusal := await self._refusal(first):
                await self._respond(refusal.response(self._headers))
            else:
                await self._send_stream(first, items)

    async def abandon(self) -> None:
        """Cancel the job, if it has not ended: nobody wants it any more."""
        with suppress(NotFoundError):
            await self._endpoint.cancel(self._id)

    async def end_stream(self, error: OpenAIError | None) -> None:
        """Send what is left to say, if a stream was begun."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            await self._send_part(stream.end(error), more=False)

    async def _ended(self, seen: Awaitable[Job]) -> Job | None:
        """Return the job as it ended, or None where it is gone; abandon one that cannot be answered any more."""
        with suppress(NotFoundError):
            job = await seen
            if job.status not in FINAL:
                await self.abandon()
            return job
        return None

    async def _failure(self) -> OpenAIError | None:
        job = await self._ended(self._endpoint.job(self._id))
        return None if job and job.status is Status.COMPLETED else openai_errors.of_job(job)

    async def _refusal(self, first: bytes) -> OpenAIError | None:
        return openai_answers.refusal(first) if first else await self._failure() or NOTHING

    async def _output(self, job: Job) -> bytes:
        """Return what the worker returned; of one that returns nothing, a list of the first thing that it yielded."""
        if not openai_answers.is_nothing(job.output):
            return job.output or b""
        async with aclosing(self._items()) as items:
            return b"[%b]" % await anext(items, b"")

    async def _items(self) -> AsyncGenerator[bytes, None]:
        """Yield what the worker yields, as it comes; of one that yields nothing, what it returns."""
        count = 0
        with suppress(NotFoundError):
            async with aclosing(self._endpoint.follow(self._id)) as items:
                async for item in items:
                    count += 1
                    yield item
            job = await self._endpoint.job(self._id)
            if not count and job.status is Status.COMPLETED and not openai_answers.is_nothing(job.output):
                yield job.output or b""

    async def _send_stream(self, first: bytes, items: AsyncIterator[bytes]) -> None:
        headers = [*EVENT_STREAM, (b"x-request-id", self._id.encode())]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        self._stream = stream = Stream(self._scope["path_params"]["path"].startswith(NAMING_EVENTS))
        await self._send_part(stream.add(first))
        try:
            async for item in items:
                await self._send_part(stream.add(item))
            failure = await self._failure()
        except WorkerLostError:
            await self.abandon()
            failure = openai_errors.broken_off(openai_errors.WORKER_LOST)
        await self.end_stream(failure)

    async def _send_part(self, part: bytes, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": part, "more_body": more})

    async def _respond(self, response: Response) -> None:
        await response(self._scope, self._receive, self._send)
