"""The part ``overload``: what a worker answers at saturation, and at twice the load that it sustains."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic

import aiohttp

from hardening.chaos.clients import judged, question
from hardening.chaos.ledger import End
from hardening.engine import CHAT
from hardening.options import Options
from hardening.outcome import Breach, Figure, Outcome, Tell
from hardening.site import Service, Site, clean_environment, model_flags

KEPT = "goodput under twice the sustainable load is at least 0.9 of that at saturation"
REFUSED = "what is too much is refused with 429 and Retry-After"
LEAST = 0.9
TWICE = 2.0
TOKENS = 32
SLOTS, QUEUE = 32, 64
SATURATED = SLOTS * 2
"""Clients that ask one after the other: a place for each, and as many who wait."""
WARM_UP = 0.25
"""The part of a load whose answers are not counted."""
LONGEST = 120.0
"""Seconds of a load: longer ones tell nothing more."""


@dataclass
class Load:
    """What came of a load.

    Args:
        begun: when it began, on the monotonic clock.
        seconds: how long it lasts.
    """

    begun: float
    seconds: float
    good: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def goodput(self) -> float:
        """Complete answers a second, from the end of the warm-up to the end of the load."""
        first, last = self.begun + WARM_UP * self.seconds, self.begun + self.seconds
        return sum(first <= at <= last for at in self.good) / (last - first)

    async def ask(self, http: aiohttp.ClientSession) -> None:
        """Ask once and note what comes."""
        try:
            async with http.post(CHAT, json=question(TOKENS)) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
            return
        self.statuses[response.status] += 1
        if response.status == 200:
            self._judge(content)
        elif response.status != 429 or not response.headers.get("retry-after", "").isdigit():
            self.wrong.append(f"{response.status} {dict(response.headers)} {content[:200]!r}")

    def _judge(self, content: bytes) -> None:
        end, detail = judged(content, TOKENS)
        if end is End.COMPLETE:
            self.good.append(monotonic())
        else:
            self.wrong.append(detail)


def run(options: Options, logs: Path, tell: Tell) -> Outcome:
    """Launch a worker with a short queue and put both loads on it."""
    with TemporaryDirectory(prefix="harden-") as directory, clean_environment():
        site = Site(logs, Path(directory))
        limits = ("--max-num-seqs", str(SLOTS), "--max-queue", str(QUEUE))
        tell("overload: launch")
        with site.worker("plain", (*model_flags("plain"), *limits)) as worker:
            worker.wait("/health", options.patience)
            return asyncio.run(_measure(worker, options, tell))


async def _measure(worker: Service, options: Options, tell: Tell) -> Outcome:
    seconds = min(options.seconds, LONGEST)
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=options.patience)
    async with aiohttp.ClientSession(worker.url, connector=connector, timeout=timeout) as http:
        tell("overload: saturation")
        saturated = await saturate(http, seconds)
        tell("overload: twice the sustainable load")
        doubled = await arrive(http, seconds, saturated.goodput * TWICE, Random(options.seed))
    ratio = doubled.goodput / saturated.goodput if saturated.goodput else 0.0
    return Outcome(tuple(_figures(saturated, doubled, ratio)), tuple(_breaches(saturated, doubled, ratio)))


async def saturate(http: aiohttp.ClientSession, seconds: float) -> Load:
    """Have clients ask one request after the other: the most that the worker answers."""
    load = Load(monotonic(), seconds)

    async def client() -> None:
        while monotonic() < load.begun + seconds:
            await load.ask(http)

    await asyncio.gather(*(client() for _ in range(SATURATED)))
    return load


async def arrive(http: aiohttp.ClientSession, seconds: float, rate: float, random: Random) -> Load:
    """Have requests arrive whatever has become of those before.

    Args:
        http: the session.
        seconds: for how long.
        rate: how many a second, in the mean.
        random: when exactly.
    """
    load = Load(monotonic(), seconds)
    async with asyncio.TaskGroup() as asking:
        due = load.begun
        while rate and due < load.begun + seconds:
            await asyncio.sleep(max(due - monotonic(), 0))
            asking.create_task(load.ask(http))
            due += random.expovariate(rate)
    return load


def _figures(saturated: Load, doubled: Load, ratio: float) -> Iterator[Figure]:
    yield Figure("goodput at saturation", saturated.goodput, "requests/s")
    yield Figure("goodput at twice that load", doubled.goodput, "requests/s")
    yield Figure("ratio", ratio)
    for status, count in sorted(doubled.statuses.items()):
        yield Figure(f"answers {status} at twice that load", count)
    yield Figure("requests lost", len(saturated.wrong) + len(doubled.wrong))


def _breaches(saturated: Load, doubled: Load, ratio: float) -> Iterator[Breach]:
    if ratio < LEAST:
        yield Breach.of(KEPT, f"{doubled.goodput:.1f} / {saturated.goodput:.1f} = {ratio:.2f}")
    for wrong in (*saturated.wrong, *doubled.wrong):
        yield Breach.of(REFUSED, wrong)
