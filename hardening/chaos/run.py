"""The part ``chaos``: a gateway with workers of its own and a plain worker, under load, hit by faults."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic

from hardening.chaos.clients import Crowd
from hardening.chaos.faults import Storm, Target
from hardening.chaos.jobs import Jobs
from hardening.chaos.ledger import End, Fault, Ledger
from hardening.leftovers import Leftovers
from hardening.options import Engine, Options
from hardening.outcome import Breach, Figure, Outcome, Tell
from hardening.site import (
    ENDPOINT,
    Service,
    Site,
    clean_environment,
    model_flags,
    remote_flags,
    worker_line,
)

AGAIN = "all serve again after the last fault"
SILENT = "no log has a traceback"
PULSE = 0.2
PAUSE = 0.01
"""Seconds for a token of the engine without a model."""
TOKENS = 60
LOST_AFTER = "5"


@dataclass(frozen=True)
class Scale:
    """What differs between the engines.

    Args:
        workers: how many the gateway has.
        pause: seconds between two faults, in the mean.
        recovery: seconds after a fault in which connections may still break because of it.
    """

    workers: str
    pause: float
    recovery: float


SCALES = {Engine.FAKE: Scale("2", 1.5, 10.0), Engine.REAL: Scale("1", 8.0, 30.0)}


class Stage:
    """All services of a run, each launched again when its first process has ended, as platforms do it."""

    def __init__(self, site: Site, scratch: Path, engine: Engine, patience: float) -> None:
        self.services: dict[str, Service] = {}
        self.retired: list[Service] = []
        self._makers: dict[str, Callable[[int | None], Service]] = {}
        self._site = site
        self._patience = patience
        self._scale = SCALES[engine]
        self._database = scratch.parent / "chaos.db"
        self.fake = engine is Engine.FAKE

    def launch(self) -> None:
        """Launch all and wait until each serves."""
        if self.fake:
            self._start("engine", lambda port: self._site.engine(PAUSE, port), "/health")
        flags = {name: self._flags(name) for name in ("plain", "runpod")}
        line = worker_line("runpod", flags["runpod"])
        count = self._scale.workers
        fleet = ("--worker", line, "--min", count, "--max", count, "--lost-after", LOST_AFTER)
        self._start("plain", lambda port: self._site.worker("plain", flags["plain"], port=port), "/health")
        self._start("gateway", lambda port: self._site.gateway(self._database, fleet, port), f"/v2/{ENDPOINT}/health")

    def _flags(self, platform: str) -> tuple[str, ...]:
        return remote_flags(self.services["engine"]) if self.fake else model_flags(platform)

    def _start(self, name: str, make: Callable[[int | None], Service], probe: str) -> None:
        self._makers[name] = make
        self.services[name] = make(None).__enter__()
        self.services[name].wait(probe, self._patience)

    def targets(self) -> Iterator[Target]:
        """Name what may be hit."""
        for server in ("plain", "gateway"):
            yield self._target(server, server)
            yield self._target(server, f"{server}'s server process", "dragoman server")
            yield self._target(server, f"{server}'s preloader", "dragoman preloader")
            if not self.fake:
                yield self._target(server, f"{server}'s EngineCore", "EngineCore")
        yield self._target("gateway", "gateway's worker", "serve --platform runpod")
        if self.fake:
            yield self._target("engine", "engine")

    def _target(self, server: str, name: str, title: str = "") -> Target:
        return Target(server, name, lambda: self.services[server], title)

    async def tend(self, ledger: Ledger) -> None:
        """Launch again what has ended, for ever."""
        while True:
            for name, service in list(self.services.items()):
                if service.code() is not None:
                    service.retire()
                    self.retired.append(service)
                    self.services[name] = self._makers[name](service.port).__enter__()
                    ledger.faults.append(Fault(name, monotonic()))
            await asyncio.sleep(PULSE)

    def end(self) -> list[str]:
        """End all and tell which processes had to be killed after SIGTERM."""
        survivors = []
        for service in (*reversed(self.services.values()), *self.retired):
            service.end()
            survivors += [f"{service.name}: {each}" for each in service.survivors]
        return survivors

    @property
    def logs(self) -> list[Service]:
        """All that has run, whose logs are to be looked at."""
        return [*self.retired, *self.services.values()]


def run(options: Options, logs: Path, tell: Tell) -> Outcome:
    """Launch all, let faults rage under load, and see what became of everything."""
    engine = options.engine or Engine.REAL
    with TemporaryDirectory(prefix="harden-") as directory, clean_environment():
        scratch = Path(directory) / "tmp"
        scratch.mkdir()
        stage = Stage(Site(logs, scratch), scratch, engine, options.patience)
        leftovers = Leftovers(scratch)
        try:
            tell(f"chaos: launch with a {engine} engine")
            stage.launch()
            outcome = asyncio.run(_rage(stage, leftovers, options, engine, tell))
        finally:
            tell("chaos: end")
            survivors = stage.end()
        left = tuple(leftovers.breaches(survivors))
        return Outcome(outcome.figures, (*outcome.breaches, *left, *_tracebacks(stage)))


async def _rage(stage: Stage, leftovers: Leftovers, options: Options, engine: Engine, tell: Tell) -> Outcome:
    scale = SCALES[engine]
    random = Random(options.seed)
    ledger = Ledger()
    gateway = stage.services["gateway"].url
    jobs = Jobs(gateway, options.patience, TOKENS)
    crowds = (
        Crowd("plain", stage.services["plain"].url, ledger, options.patience, TOKENS),
        Crowd("gateway", f"{gateway}/v2/{ENDPOINT}/openai", ledger, options.patience, TOKENS),
    )
    storm = Storm(list(stage.targets()), Random(options.seed), ledger, scale.pause)
    async with _kept(stage.tend(ledger)), _kept(_watch(leftovers, stage)):
        tell(f"chaos: {options.seconds:g} s of faults")
        end = monotonic() + options.seconds
        share = max(options.clients // 4, 1)
        await asyncio.gather(
            *(crowd.ask(Random(random.random()), end) for crowd in crowds for _ in range(share)),
            *(jobs.submit(Random(random.random()), end) for _ in range(share)),
            jobs.follow(end),
            storm.rage(end),
        )
        tell("chaos: wait for what has been accepted")
        again = [breach async for breach in _serve_again(stage, crowds, options.patience)]
        await jobs.finish()
        listed = await jobs.listed()
    breaches = (*ledger.breaches(scale.recovery), *jobs.breaches(), *jobs.doubled(listed), *again)
    return Outcome(tuple(_figures(storm, ledger, jobs, breaches)), breaches)


def _figures(storm: Storm, ledger: Ledger, jobs: Jobs, breaches: tuple[Breach, ...]) -> Iterator[Figure]:
    yield Figure("faults injected", storm.counts.total())
    yield from (Figure(f"faults: {name}", count) for name, count in sorted(storm.counts.items()))
    yield Figure("requests", len(ledger.exchanges))
    counts = ledger.counts()
    yield from (Figure(f"requests: {end}", counts[end]) for end in End)
    yield Figure("jobs accepted", len(jobs.accepted))
    yield from (Figure(f"jobs: {status}", count) for status, count in sorted(jobs.counts().items()))
    yield Figure("requests lost", len(breaches))


async def _serve_again(stage: Stage, crowds: tuple[Crowd, ...], patience: float) -> AsyncIterator[Breach]:
    """Ask everybody for a token until it comes."""
    for crowd in crowds:
        end = monotonic() + patience
        while not (served := await crowd.serves()) and monotonic() < end:
            await asyncio.sleep(PULSE)
        if not served:
            yield Breach.of(AGAIN, f"{crowd.name}: {stage.services[crowd.name].last_words()}")


async def _watch(leftovers: Leftovers, stage: Stage) -> None:
    while True:
        await asyncio.to_thread(leftovers.watch, list(stage.services.values()))
        await asyncio.sleep(1)


@asynccontextmanager
async def _kept(doing: Awaitable[None]) -> AsyncIterator[None]:
    """Do something beside the rest; its errors come at the end."""
    task = asyncio.ensure_future(doing)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _tracebacks(stage: Stage) -> Iterator[Breach]:
    for service in stage.logs:
        if found := service.traceback():
            yield Breach.of(SILENT, f"{service.name}: {found}")
