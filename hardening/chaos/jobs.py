"""Jobs at a gateway: submitted, followed, cancelled, and looked at once more when all is over."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

import aiohttp

from hardening.engine import CHAT, MODEL
from hardening.outcome import Breach
from hardening.site import ENDPOINT

Json = dict[str, Any]

FINAL = frozenset(("COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"))
ONCE = "every accepted job ends exactly once"
DOUBLED = "no job is accepted twice"
RIGHT = "what a completed job has is complete, and once"
REST = 0.3
PAGE = 200


@dataclass
class Job:
    """A job that the gateway has accepted, as its client knows it."""

    id: str
    tokens: int
    openai: bool
    told: dict[str, Json] = field(default_factory=dict)
    """Every final status that was seen, with its document."""

    def see(self, document: Json) -> None:
        """Note what the gateway says of it now."""
        if document["status"] in FINAL:
            self.told.setdefault(document["status"], document)

    @property
    def ended(self) -> bool:
        """Whether an end of it was seen."""
        return bool(self.told)


@dataclass
class Jobs:
    """All jobs that clients know of.

    Args:
        url: the gateway.
        patience: seconds after which a request to it is given up.
        tokens: how long answers may be.
    """

    url: str
    patience: float
    tokens: int
    accepted: list[Job] = field(default_factory=list)
    unsure: int = 0
    """Submissions whose answer was lost: nobody knows whether they were accepted."""

    def session(self) -> aiohttp.ClientSession:
        """Open what talks to the gateway."""
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.patience), connector=connector)

    async def submit(self, random: Random, end: float) -> None:
        """Submit jobs until that moment of the monotonic clock, and follow some of them."""
        async with self.session() as http:
            while monotonic() < end:
                try:
                    await self._one(http, random)
                except (aiohttp.ClientError, TimeoutError):
                    await asyncio.sleep(REST)

    async def _one(self, http: aiohttp.ClientSession, random: Random) -> None:
        tokens = random.randint(1, self.tokens)
        openai = random.random() < 1 / 2
        route = random.choice(("run", "run", "runsync"))
        try:
            document = await self._post(http, f"{route}?wait=5000", {"input": job_input(tokens, openai=openai)})
        except (aiohttp.ClientError, TimeoutError):
            self.unsure += 1
            raise
        job = Job(document["id"], tokens, openai)
        self.accepted.append(job)
        job.see(document)
        if random.random() < 1 / 10:
            await asyncio.sleep(random.random())
            await self._post(http, f"cancel/{job.id}")

    async def _post(self, http: aiohttp.ClientSession, path: str, body: Json | None = None) -> Json:
        async with http.post(self._address(path), json=body) as response:
            response.raise_for_status()
            document: Json = await response.json()
            return document

    async def follow(self, end: float) -> None:
        """Look at every job that has not ended, again and again, until that moment of the monotonic clock."""
        async with self.session() as http:
            while monotonic() < end:
                await self._look(http, [job for job in self.accepted if not job.ended])
                await asyncio.sleep(1)

    async def finish(self) -> None:
        """See every job to its end, or give it up when the patience is over; then look at each once more."""
        end = monotonic() + self.patience
        async with self.session() as http:
            while (waiting := [job for job in self.accepted if not job.ended]) and monotonic() < end:
                await self._look(http, waiting)
                await asyncio.sleep(REST)
            await self._look(http, self.accepted)

    async def _look(self, http: aiohttp.ClientSession, jobs: list[Job]) -> None:
        for job in jobs:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(self._address(f"status/{job.id}")) as response:
                    # The gateway forgets what has ended long ago.
                    if response.status != 404:
                        job.see(await response.json())

    async def listed(self) -> list[Json]:
        """List all that the gateway has, whoever submitted it."""
        found: list[Json] = []
        query = ""
        async with self.session() as http:
            while True:
                async with http.get(self._address(f"requests?limit={PAGE}{query}")) as response:
                    page = await response.json()
                found += page["requests"]
                if page["next"] is None:
                    return found
                query = f"&before={page['next']}"

    def counts(self) -> Counter[str]:
        """Count how jobs ended."""
        return Counter(status for job in self.accepted for status in job.told)

    def breaches(self) -> Iterator[Breach]:
        """Find what breaks a promise."""
        for job in self.accepted:
            if len(job.told) != 1:
                yield Breach.of(ONCE, f"{job.id}: {list(job.told)}")
            elif "COMPLETED" in job.told and not is_complete(job, job.told["COMPLETED"].get("output")):
                yield Breach.of(RIGHT, f"{job.id}, {job.tokens} tokens: {job.told['COMPLETED']}")

    def doubled(self, listed: list[Json]) -> Iterator[Breach]:
        """Compare with what the gateway has: a job that nobody knows of is one whose submission was not answered."""
        known = {job.id for job in self.accepted}
        unknown = [each["id"] for each in listed if each["kind"] != "openai" and each["id"] not in known]
        if unfinished := [each["id"] for each in listed if each["status"] not in FINAL]:
            yield Breach.of(ONCE, f"not ended: {unfinished}")
        if len(unknown) > self.unsure:
            yield Breach.of(DOUBLED, f"{len(unknown)} unknown jobs, {self.unsure} lost answers: {unknown[:20]}")

    def _address(self, path: str) -> str:
        return f"{self.url}/v2/{ENDPOINT}/{path}"


def job_input(tokens: int, *, openai: bool) -> Json:
    """Make a job whose answer has exactly so many tokens: a chat, or a streamed prompt in worker-vllm's words."""
    exact = {"max_tokens": tokens, "min_tokens": tokens, "ignore_eos": True, "temperature": 0}
    if not openai:
        return {"prompt": f"Say {tokens} words.", "stream": True, "sampling_params": exact}
    said = [{"role": "user", "content": f"Say {tokens} words."}]
    return {"openai_route": CHAT, "openai_input": {"model": MODEL, "messages": said, **exact}}


def is_complete(job: Job, output: Any) -> bool:  # noqa: ANN401
    """Whether a completed job has all of its tokens, and none twice."""
    try:
        if job.openai:
            answer = output[0] if isinstance(output, list) else output
            return bool(answer["usage"]["completion_tokens"] == job.tokens)
        counts = [piece["usage"]["output"] for piece in output]
        return counts[-1] == job.tokens and counts == sorted(set(counts))
    except (LookupError, TypeError):
        return False
