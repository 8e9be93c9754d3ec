"""The rounds of one worker on RunPod's queue: the same load through jobs and over the worker's own HTTP port."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Literal

import aiohttp

from bench import clients, job_clients, probes
from bench.clients import WORDS, Answer, Ask, Load, Prompt
from bench.errors import BenchError, RequestError
from bench.job_clients import JobAnswer
from bench.machine import Noise, noise
from bench.options import Options, Part
from bench.runpod_platform import Platform
from bench.servers import QUEUE, Server, bundled_flags

CROWD = 32
LATENCY = 0.03
LONG = 200
LONG_STREAMS = 5

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Measure:
    """What is measured, and what it may cost or has to gain."""

    group: str
    name: str
    unit: str
    by: Literal["ratio", "difference", "value"]
    """How the two are compared: the value over what stands beside it, minus that, or for itself."""
    target: float | None
    """The lowest ratio; the highest difference or value; None for what is only shown."""


@dataclass(frozen=True)
class Pair:
    """A measure in one round: what is measured, and what stands beside it where there is such a thing."""

    round: int
    measure: Measure
    value: float
    beside: float | None


@dataclass(frozen=True)
class JobVisit:
    """What one launch of a worker on the queue showed."""

    noise: Noise
    """Of the machine, before the launch."""
    pairs: tuple[Pair, ...]
    survivors: tuple[str, ...]
    """Processes that had to be killed after SIGTERM and some patience."""


CLIENTS = f"{CROWD} clients"
ANSWERS = Measure(CLIENTS, "answers", "requests/s", "ratio", 0.95)
ANSWER_TOKENS = Measure(CLIENTS, "answers", "tokens/s", "ratio", 0.95)
STREAM_TOKENS = Measure(CLIENTS, "streams", "tokens/s", "ratio", 0.95)
PROMPT_TOKENS = Measure(CLIENTS, "prompts", "tokens/s", "ratio", 0.95)
FIRST_TOKEN = Measure("1 client", "first token", "ms", "difference", 10)
SLOW = f"1 client, {LATENCY * 1000:g} ms a post"
SLOW_STREAM = Measure(SLOW, f"{LONG} tokens", "ms", "difference", 100)
SLOW_POSTS = Measure(SLOW, f"{LONG} tokens", "posts", "value", 20)


def steps(options: Options) -> int:
    """Count how often a run of ``compare`` tells what it does."""
    return 1 + options.rounds * len(STEPS) if Part.JOBS in options.parts else 0


async def compare(options: Options, logs: Path, tell: Tell) -> list[JobVisit]:
    """Visit the worker on the queue, if jobs are to be measured."""
    return [await visit(options, logs, tell)] if Part.JOBS in options.parts else []


async def visit(options: Options, logs: Path, tell: Tell) -> JobVisit:
    """Launch a worker on a simulated platform, measure all rounds, end it."""
    tell("jobs: launch")
    before = await asyncio.to_thread(noise)
    async with Platform() as platform:
        environment = {**options.environment, **platform.environment()}
        on_queue = replace(options, environment=environment, flags=(*bundled_flags(options.model), *options.flags))
        with Server(QUEUE, on_queue, logs / "jobs.log") as server:
            try:
                await probes.first_token(server, options.patience)
                pairs = await measure(platform, server, options, tell)
            finally:
                # The platform goes on meanwhile, as the worker's last posts are to be answered.
                await asyncio.to_thread(server.end)
    return JobVisit(before, tuple(pairs), tuple(server.survivors))


async def measure(platform: Platform, server: Server, options: Options, tell: Tell) -> list[Pair]:
    """Go through the rounds; round 0 warms up and is not counted."""
    pairs: list[Pair] = []
    async with clients.session(server.url) as http:
        try:
            await Round(0, http, platform, replace(options, requests=1)).streams()
            for number in range(1, options.rounds + 1):
                this = Round(number, http, platform, options)
                for step, take in STEPS.items():
                    tell(f"round {number} of {options.rounds}: jobs: {step}")
                    pairs += await take(this)
        except (aiohttp.ClientError, RequestError, TimeoutError) as error:
            raise BenchError(f"jobs: {str(error) or type(error).__name__}. {server.last_words()}") from error
    return pairs


@dataclass(frozen=True)
class Round:
    """One round: each load by all ways, beginning with the other one in the next round."""

    number: int
    http: aiohttp.ClientSession
    platform: Platform
    options: Options

    async def answers(self) -> list[Pair]:
        """Take the throughput of answers in one piece."""
        http, jobs = await self.crowds(
            "answers", [partial(clients.whole, self.http), partial(job_clients.whole, self.platform)]
        )
        return [
            Pair(self.number, ANSWERS, _requests(jobs), _requests(http)),
            Pair(self.number, ANSWER_TOKENS, _tokens(jobs), _tokens(http)),
        ]

    async def streams(self) -> list[Pair]:
        """Take the throughput of streams, jobs in both dialects."""
        ways = [partial(way, self.platform) for way in (job_clients.stream, job_clients.prompt_stream)]
        http, jobs, prompts = await self.crowds("streams", [partial(clients.stream, self.http), *ways])
        return [
            Pair(self.number, STREAM_TOKENS, _tokens(jobs), _tokens(http)),
            Pair(self.number, PROMPT_TOKENS, _tokens(prompts), _tokens(http)),
        ]

    async def first_tokens(self) -> list[Pair]:
        """Take the time to the first token of lone streams, a job's from when the worker has it."""
        http, jobs = await self._lone("first", self.options.requests, self.options.tokens)
        over_http = _milliseconds(answer.to_first_token for answer in http)
        return [Pair(self.number, FIRST_TOKEN, _milliseconds(job.first - job.taken for job in jobs), over_http)]

    async def slow_posts(self) -> list[Pair]:
        """Take the time of lone long streams, and in how many posts they come, on a platform that answers late."""
        self.platform.latency = LATENCY
        try:
            http, jobs = await self._lone("slow", LONG_STREAMS, LONG)
        finally:
            self.platform.latency = 0.0
        over_http = _milliseconds(answer.last - answer.asked for answer in http)
        return [
            Pair(self.number, SLOW_STREAM, _milliseconds(job.last - job.asked for job in jobs), over_http),
            Pair(self.number, SLOW_POSTS, median(job.posts for job in jobs), None),
        ]

    async def crowds(self, seed: str, ways: Sequence[Ask]) -> list[Load]:
        """Put the same load on each way; answers come in the order of the ways."""
        options = self.options
        questions = clients.prompts(f"{seed} {self.number}", CROWD * options.requests, options.tokens)
        loads = {}
        for way in self._order(range(len(ways))):
            loads[way] = await clients.load([_marked(question, way) for question in questions], CROWD, ways[way])
        return [loads[way] for way in range(len(ways))]

    async def _lone(self, seed: str, count: int, tokens: int) -> tuple[list[Answer], list[JobAnswer]]:
        """Ask for streams of this length, one after the other, over HTTP and through jobs by turns."""
        http, jobs = [], []
        for question in clients.prompts(f"{seed} {self.number}", count, tokens):
            exact = replace(question, tokens=tokens)
            http.append(await clients.stream(self.http, _marked(exact, 0)))
            jobs.append(await job_clients.stream(self.platform, _marked(exact, 1)))
        return http, jobs

    def _order(self, ways: Sequence[int]) -> Sequence[int]:
        return ways if self.number % 2 else ways[::-1]


STEPS = {
    f"{CLIENTS}, answers": Round.answers,
    f"{CLIENTS}, streams": Round.streams,
    "first tokens": Round.first_tokens,
    "slow posts": Round.slow_posts,
}


def _marked(question: Prompt, way: int) -> Prompt:
    """Make a prompt's beginning that of one way alone, so that no way finds another's in the prefix cache."""
    return replace(question, text=f"{WORDS[way]} {question.text}")


def _requests(load: Load) -> float:
    return len(load.answers) / load.seconds


def _tokens(load: Load) -> float:
    return sum(answer.tokens for answer in load.answers) / load.seconds


def _milliseconds(seconds: Iterable[float]) -> float:
    return median(seconds) * 1000
