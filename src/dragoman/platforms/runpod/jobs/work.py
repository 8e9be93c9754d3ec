"""One job at the engine."""

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

import orjson

from dragoman.engine.client import Client, Header, Response, unexpected
from dragoman.platforms.runpod import responses
from dragoman.platforms.runpod.jobs import errors
from dragoman.platforms.runpod.jobs.batches import Batches
from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.feed import Feed
from dragoman.platforms.runpod.jobs.options import Options
from dragoman.platforms.runpod.jobs.verdicts import Verdict
from dragoman.platforms.runpod.requests import Request
from dragoman.serving.events import Events
from dragoman.settings.values import quote

JSON: tuple[Header, ...] = ((b"content-type", b"application/json"),)
CUT = re.compile(rb'"finish_reason":\s*"length"')

log = logging.getLogger("dragoman")


class Work:
    """Has the engine do a job, and feeds what it says to whoever iterates over `feed`.

    Args:
        job_id: the platform's name for the job.
        request: what is to be done.
        client: the engine's.
        options: what the operator chose.
    """

    def __init__(self, job_id: str, request: Request, client: Client, options: Options) -> None:
        self._id = job_id
        self._request = request
        self._client = client
        self._options = options
        self._shape = responses.shape_of(request, options)
        self._streams = request.streams
        self._verdict = Verdict(request.path)
        self._cut = False
        batches: Batches[Any] = Batches(request.sizes, options.batch_max_delay_ms / 1000)
        self.feed = Feed(batches, self._shape)

    async def run(self) -> None:
        """Does the job; the feed has ended afterwards, and the engine has nothing more to do with it."""
        if self._request.unknown:
            log.warning("job %s: sampling_params left out: %s", self._id, quote(sorted(self._request.unknown)))
        deadline = asyncio.timeout(self._options.request_timeout)
        try:
            async with deadline:
                await self._do()
        except Exception as error:
            late = isinstance(error, TimeoutError) and deadline.expired()
            self._fail(errors.too_late(self._options.request_timeout) if late else as_job_error(self._id, error))
        if self._cut:
            default = self._options.default_max_tokens
            log.info("job %s: cut by the default max_tokens, %d (DEFAULT_MAX_TOKENS changes it)", self._id, default)

    async def _do(self) -> None:
        request = self._request
        if request.conversation is not None:
            request = request.with_prompt(await self._token_ids(request.tokenization))
        async with self._open(request) as response:
            if response.status < 400 and _is_stream(response):
                await self._follow(response)
            else:
                self._answer(await self._read(response))

    async def _token_ids(self, request: Request) -> list[int]:
        async with self._open(request) as response:
            tokens: list[int] = orjson.loads(await self._read(response))["tokens"]
        return tokens

    def _open(self, request: Request) -> AbstractAsyncContextManager[Response]:
        body = b"" if request.body is None else _encode(request.body)
        return self._client.stream(request.method, request.path, query=request.query, headers=JSON, body=body)

    async def _read(self, response: Response) -> bytes:
        """The body of an answer that is no error."""
        with self._to_its_end():
            body = await response.read()
        if response.status >= 400:
            raise errors.from_answer(response.status, body)
        return body

    def _answer(self, body: bytes) -> None:
        self._cut = self._is_cut(body)
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise JobError("The engine's answer is not JSON, so a job cannot hold it.", 500) from None
        # RunPod's SDK takes any object with an error in it for a failed job.
        if isinstance(answer, dict) and answer.get("error"):
            raise errors.from_content(answer)
        self.feed.end(self._shape.whole(answer))

    async def _follow(self, response: Response) -> None:
        self._streams = True
        events = Events()
        with self._to_its_end():
            await response.pour(lambda chunk: self._take(events.feed(chunk)))
            self._take(events.close())
        if self._verdict.error or not self._verdict.whole:
            raise self._verdict.error or errors.broken_off()
        self.feed.end()

    def _take(self, events: list[bytes]) -> None:
        for event in events:
            self._verdict.see(event)
            self._cut = self._cut or self._is_cut(event)
            self.feed.add(event)

    def _is_cut(self, said: bytes) -> bool:
        """Whether a sequence ended because of the worker's own limit."""
        return self._request.limited and CUT.search(said) is not None

    @contextmanager
    def _to_its_end(self) -> Iterator[None]:
        """What is raised while the engine answers is an answer that it broke off."""
        try:
            yield
        except Exception as error:
            log.warning("job %s: the engine broke off its answer: %s", self._id, error, exc_info=unexpected(error))
            raise errors.broken_off() from error

    def _fail(self, error: JobError) -> None:
        error = self._verdict.error or error
        told = not self._streams or self._verdict.error is not None
        words = None if told else self._shape.last_words(error)
        self.feed.end(*([] if words is None else [words]), error.item())


def as_job_error(job_id: str, error: Exception) -> JobError:
    """The error as the platform may see it: one that nobody expected stays in the worker's log."""
    if isinstance(error, JobError):
        return error
    log.error("job %s failed", job_id, exc_info=error)
    return errors.internal()


def _is_stream(response: Response) -> bool:
    types = [value for name, value in response.headers if name.lower() == b"content-type"]
    return any(value.startswith(b"text/event-stream") for value in types)


def _encode(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        raise JobError(f"The request cannot be written as JSON: {error}.") from error
