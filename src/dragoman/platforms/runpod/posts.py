"""What the worker posts to the platform: pieces of a job's stream, and what became of the job."""

import asyncio
import logging
from collections.abc import Iterable
from itertools import chain, repeat
from urllib.parse import quote

import aiohttp
import orjson

# The SDK waits 2 s and then 3 s. A hiccup is over sooner, and a result that is not delivered is lost for good: its
# posts are tried again for about ten minutes.
STREAM_PAUSES = (0.1, 0.4)
DONE_PAUSES = (0.1, 0.4, 1.0, 2.0, 4.0, 8.0)
DONE_PERIOD = 10.0
DONE_PERIODS = 60
WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
# As the SDK sends them; the platform takes the body for what it is.
HEADERS = {"charset": "utf-8", "Content-Type": "application/x-www-form-urlencoded"}

log = logging.getLogger("dragoman")


class Posts:
    """Delivers bodies to the platform's addresses.

    Args:
        session: connects, with the worker's key.
        stream_url: where pieces of streams go, with `$ID` in the place of the job's id.
        done_url: where results go, likewise.
    """

    def __init__(self, session: aiohttp.ClientSession, stream_url: str, done_url: str) -> None:
        self._session = session
        self._stream_url = stream_url
        self._done_url = done_url

    async def stream(self, job_id: str, item: object) -> None:
        """Posts a piece of the stream, in three tries; one that is lost is still in the job's result."""
        await self._deliver("piece of the stream", self._stream_url, job_id, {"output": item}, "false", STREAM_PAUSES)

    async def done(self, job_id: str, result: dict[str, object]) -> None:
        """Posts what became of a job, in as many tries as it takes within minutes."""
        pauses = chain(DONE_PAUSES, repeat(DONE_PERIOD, DONE_PERIODS))
        await self._deliver("result", self._done_url, job_id, result, "true", pauses)

    async def _deliver(
        self, what: str, template: str, job_id: str, body: dict[str, object], is_stream: str, pauses: Iterable[float]
    ) -> None:
        quoted = quote(job_id, safe="")
        url = template.replace("$ID", quoted) + f"&isStream={is_stream}"
        data = orjson.dumps(body)
        waits = iter(pauses)
        while True:
            try:
                await self._post(url, quoted, data)
                return
            except (aiohttp.ClientError, TimeoutError) as problem:
                pause = None if is_final(problem) else next(waits, None)
                shown = describe(problem)
            if pause is None:
                log.error("job %s: a %s could not be posted: %s", job_id, what, shown)
                return
            log.warning("job %s: a %s is posted again in %g s: %s", job_id, what, pause, shown)
            await asyncio.sleep(pause)

    async def _post(self, url: str, request_id: str, data: bytes) -> None:
        async with self._session.post(url, data=data, headers={**HEADERS, "X-Request-ID": request_id}) as response:
            await response.read()
            response.raise_for_status()


def is_final(problem: Exception) -> bool:
    """Whether the platform refused a post in a way that no other try would change."""
    status = problem.status if isinstance(problem, aiohttp.ClientResponseError) else 0
    return 400 <= status < 500 and status not in WORTH_ANOTHER_TRY


def describe(problem: Exception) -> str:
    """A failed call in words, without the address."""
    if isinstance(problem, aiohttp.ClientResponseError):
        return f"the platform answered {problem.status}"
    return str(problem) or type(problem).__name__
