"""The rounds of one worker behind a gateway: the same calls through it and over the worker's own HTTP port."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp

from bench import clients, probes
from bench.clients import Answer, Ask
from bench.errors import BenchError, RequestError
from bench.job_rounds import JobVisit, Measure, Pair
from bench.machine import noise
from bench.options import Options, Part
from bench.servers import DRAGOMAN_COMMAND, QUEUE, Process, Server, bundled_flags
from dragoman.gateway.auth import VARIABLE, Keys
from dragoman.gateway.environment import Environment

ENDPOINT = "bench"
PATH = f"/v2/{ENDPOINT}/openai{clients.PATH}"
WARM_UP = 4
KEYLESS = {VARIABLE: ""}

Tell = Callable[[str], None]
Take = Callable[[Answer], float]

ANSWER = Measure("1 client", "answer", "ms", "difference", 15)
FIRST_TOKEN = Measure("1 client", "first token", "ms", "difference", 15)
CROWD = 32
ANSWERS = Measure(f"{CROWD} clients", "answers", "requests/s", "ratio", 0.8)


def steps(options: Options) -> int:
    """Count how often a run of ``compare`` tells what it does."""
    return 1 + options.rounds if Part.GATEWAY in options.parts else 0


async def compare(options: Options, logs: Path, tell: Tell) -> list[JobVisit]:
    """Visit the worker behind a gateway, if that is to be measured."""
    return [await visit(options, logs, tell)] if Part.GATEWAY in options.parts else []


async def visit(options: Options, logs: Path, tell: Tell) -> JobVisit:
    """Launch a gateway and a worker that takes jobs from it, measure all rounds, end them."""
    tell("gateway: launch")
    before = await asyncio.to_thread(noise)
    with (
        TemporaryDirectory() as directory,
        Process("gateway", command(directory), KEYLESS, logs / "gateway.log") as gateway,
    ):
        places = Environment(gateway.url, ENDPOINT, Keys(())).worker(QUEUE.name.replace(" ", "-"))
        environment = {**options.environment, **places}
        behind = replace(options, environment=environment, flags=(*bundled_flags(options.model), *options.flags))
        with Server(QUEUE, behind, logs / "gateway worker.log") as server:
            await probes.first_token(server, options.patience)
            pairs = await measure(gateway, server, options, tell)
        gateway.end()
    return JobVisit(before, tuple(pairs), (*server.survivors, *gateway.survivors))


def command(directory: str) -> tuple[str, ...]:
    """The gateway's command line, but for its address; its jobs are kept in the directory."""
    return (DRAGOMAN_COMMAND, "gateway", "--endpoint-id", ENDPOINT, "--db", str(Path(directory) / "gateway.db"))


async def measure(gateway: Process, server: Server, options: Options, tell: Tell) -> list[Pair]:
    """Go through the rounds, after some calls that are not counted."""
    pairs: list[Pair] = []
    async with clients.session(server.url) as direct, clients.session(gateway.url) as through:
        calls = Calls(direct, through)
        try:
            await calls.alone("warm-up", WARM_UP, options.tokens)
            for number in range(1, options.rounds + 1):
                tell(f"round {number} of {options.rounds}: gateway")
                pairs += await calls.round(number, options)
        except (aiohttp.ClientError, RequestError, TimeoutError) as error:
            words = f"{gateway.last_words()}\n{server.last_words()}"
            raise BenchError(f"gateway: {str(error) or type(error).__name__}. {words}") from error
    return pairs


class Calls:
    """The same calls in both ways.

    Args:
        direct: a session with the worker's own port.
        through: a session with the gateway.
    """

    def __init__(self, direct: aiohttp.ClientSession, through: aiohttp.ClientSession) -> None:
        self._ways = {
            kind: (partial(ask, direct), partial(ask, through, path=PATH))
            for kind, ask in (("whole", clients.whole), ("stream", clients.stream))
        }

    async def round(self, number: int, options: Options) -> list[Pair]:
        """Take each measure once."""
        whole = await self.alone(f"whole {number}", options.requests, options.tokens, "whole")
        streams = await self.alone(f"stream {number}", options.requests, options.tokens, "stream")
        return [
            Pair(
                number,
                ANSWER,
                *(_milliseconds(answers, lambda answer: answer.last - answer.asked) for answers in whole),
            ),
            Pair(
                number,
                FIRST_TOKEN,
                *(_milliseconds(answers, lambda answer: answer.to_first_token) for answers in streams),
            ),
            Pair(number, ANSWERS, *await self._crowds(number, options)),
        ]

    async def alone(self, seed: str, count: int, tokens: int, kind: str = "whole") -> tuple[list[Answer], list[Answer]]:
        """Ask one question after the other, by turns through the gateway and directly; answers in that order."""
        direct, through = self._ways[kind]
        got: tuple[list[Answer], list[Answer]] = ([], [])
        for number, question in enumerate(clients.prompts(seed, count, tokens)):
            for way, ask in sorted(enumerate((through, direct)), key=lambda each: each[0], reverse=number % 2 == 1):
                got[way].append(await ask(replace(question, text=f"{clients.WORDS[way]} {question.text}")))
        return got

    async def _crowds(self, number: int, options: Options) -> list[float]:
        direct, through = self._ways["whole"]
        rates = {}
        for ask in (through, direct) if number % 2 else (direct, through):
            rates[ask] = await _rate(ask, f"crowd {number} {ask is direct}", options)
        return [rates[through], rates[direct]]


async def _rate(ask: Ask, seed: str, options: Options) -> float:
    load = await clients.load(clients.prompts(seed, CROWD * options.requests, options.tokens), CROWD, ask)
    return len(load.answers) / load.seconds


def _milliseconds(answers: list[Answer], take: Take) -> float:
    return median(map(take, answers)) * 1000
