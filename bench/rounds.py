"""The rounds: visits to both sides by turns, and what is measured on each."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import aiohttp

from bench import clients, probes
from bench.errors import BenchError, RequestError
from bench.figures import MIB, Figure, percentile
from bench.machine import Noise, noise
from bench.options import Options, Part
from bench.servers import DRAGOMAN, STOCK, Server, Side

SETTLING = 2.0
COMPARED = frozenset({Part.START, Part.LOAD, Part.RESTART})

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Visit:
    """What one launch of one side showed."""

    round: int
    """Round 0 is the warm-up, without figures."""
    side: Side
    noise: Noise
    """Of the machine, before the launch."""
    figures: tuple[Figure, ...]
    survivors: tuple[str, ...]
    """Processes that had to be killed after SIGTERM and some patience."""


def order(rounds: int) -> Iterator[tuple[int, Side]]:
    """Yield A B, B A, A B, …: neither side always comes first, and a drift of the machine meets both.

    Round 0 comes first and fills the caches of disk and compiler.
    """
    for number in range(rounds + 1):
        for side in (STOCK, DRAGOMAN) if number % 2 else (DRAGOMAN, STOCK):
            yield number, side


def steps(options: Options) -> int:
    """Count how often a run of ``compare`` tells what it does."""
    if not options.parts & COMPARED:
        return 0
    crowds = 2 * len(options.clients) if Part.LOAD in options.parts else 0
    restarts = 1 if Part.RESTART in options.parts else 0
    return 2 + options.rounds * 2 * (1 + crowds + restarts)


async def compare(options: Options, logs: Path, tell: Tell) -> list[Visit]:
    """Go through the rounds, if there is anything to compare."""
    if not options.parts & COMPARED:
        return []
    return [await visit(number, side, options, logs, tell) for number, side in order(options.rounds)]


async def visit(number: int, side: Side, options: Options, logs: Path, tell: Tell) -> Visit:
    """Launch one side, measure what the options name, end it."""

    def say(step: str) -> None:
        tell(f"round {number} of {options.rounds}: {side.name}: {step}")

    say("launch")
    before = await asyncio.to_thread(noise)
    parts = options.parts if number else frozenset()
    with Server(side, options, logs / f"{side.name} {number}.log") as server:
        figures = await measure(server, number, replace(options, parts=parts), say)
    return Visit(number, side, before, tuple(figures), tuple(server.survivors))


async def measure(server: Server, number: int, options: Options, tell: Tell) -> list[Figure]:
    """Take all figures of one launch."""
    launch = await measure_launch(server, options.patience)
    figures = []
    if Part.START in options.parts:
        figures += [*launch, *await measure_memory(server)]
    if Part.LOAD in options.parts:
        figures += await measure_load(server, number, options, tell)
    if Part.RESTART in options.parts:
        tell("kill -9 of EngineCore")
        seconds = await restart(server, options.patience) if server.side.restarts else launch[-1].value
        figures.append(Figure("kill -9 of EngineCore", "next token", "s", seconds))
    return figures


async def measure_launch(server: Server, patience: float) -> list[Figure]:
    """Take the seconds from the launch; those to the first token come last."""
    answer = await probes.first_answer(server, patience)
    token = await probes.first_token(server, patience)
    return [
        Figure("launch", "first answer", "s", answer - server.launched),
        Figure("launch", "first token", "s", token - server.launched),
    ]


async def measure_memory(server: Server) -> list[Figure]:
    """Take the memory of a server that is ready and idle."""
    await asyncio.sleep(SETTLING)
    tree, parent = server.memory()
    return [
        Figure("memory when idle", "all processes", "MiB", tree / MIB),
        Figure("memory when idle", "parent process", "MiB", parent / MIB),
    ]


async def measure_load(server: Server, number: int, options: Options, tell: Tell) -> list[Figure]:
    """Take throughput and latency for each number of clients, answers in one piece and streamed."""
    figures = []
    async with clients.session(server.url) as http:
        whole, stream = partial(clients.whole, http), partial(clients.stream, http)
        try:
            warm_up = clients.prompts("warm-up", max(options.clients), options.tokens)
            await clients.load(warm_up, len(warm_up), stream)
            for crowd in options.clients:
                group = f"{crowd} client{'s' if crowd > 1 else ''}"
                tell(f"{group}, whole answers")
                figures += _whole_figures(group, await _load(f"whole {number}", crowd, options, whole))
                tell(f"{group}, streams")
                figures += _stream_figures(group, await _load(f"stream {number}", crowd, options, stream))
        except (aiohttp.ClientError, RequestError, TimeoutError) as error:
            raise BenchError(
                f"{server.side.name}: {str(error) or type(error).__name__}. {server.last_words()}"
            ) from error
    return figures


async def restart(server: Server, patience: float) -> float:
    """Take the seconds from SIGKILL of EngineCore to the next token."""
    engine = server.engine()
    killed = perf_counter()
    engine.kill()
    return await probes.first_token(server, patience) - killed


async def _load(seed: str, crowd: int, options: Options, ask: clients.Ask) -> clients.Load:
    questions = clients.prompts(f"{seed} {crowd}", crowd * options.requests, options.tokens)
    return await clients.load(questions, crowd, ask)


def _whole_figures(group: str, load: clients.Load) -> list[Figure]:
    return [Figure(group, "whole answers", "requests/s", len(load.answers) / load.seconds)]


def _stream_figures(group: str, load: clients.Load) -> list[Figure]:
    first = [answer.to_first_token * 1000 for answer in load.answers]
    between = [answer.between_tokens * 1000 for answer in load.answers]
    return [
        Figure(group, "streams", "tokens/s", sum(answer.tokens for answer in load.answers) / load.seconds),
        Figure(group, "first token", "ms", median(first)),
        Figure(group, "first token, p95", "ms", percentile(first, 0.95)),
        Figure(group, "between tokens", "ms", median(between)),
    ]
