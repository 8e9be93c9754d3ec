"""The part ``soak``: many requests of all kinds to one worker, on HTTP and by jobs, and what it costs its processes."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import aiohttp

from dragoman.gateway.auth import Keys
from dragoman.gateway.environment import Environment
from hardening.chaos.clients import question
from hardening.chaos.jobs import job_input
from hardening.engine import CHAT, MODEL
from hardening.footprint import Footprint
from hardening.leftovers import Leftovers
from hardening.options import Engine, Options
from hardening.outcome import Breach, Figure, Outcome, Tell
from hardening.site import ENDPOINT, Service, Site, clean_environment, model_flags, remote_flags

SERVED = "every request of the soak has its own outcome"
SILENT = "no log has a traceback"
SAMPLES = 60
MOST_TOKENS = 4
WEIGHTS = {"completion": 4, "chat": 4, "stream": 4, "error": 2, "leaver": 2, "job": 3, "metrics": 1}
MOST_TOLD = 20


def run(options: Options, logs: Path, tell: Tell) -> Outcome:
    """Launch a gateway and a worker behind it, ask, and look at their processes all the while."""
    with TemporaryDirectory(prefix="harden-") as directory, clean_environment():
        scratch = Path(directory) / "tmp"
        scratch.mkdir()
        leftovers = Leftovers(scratch)
        tell("soak: launch")
        with ExitStack() as held:
            services = _launched(held, Site(logs, scratch), Path(directory) / "soak.db", options)
            outcome = asyncio.run(_soak(services, leftovers, options, tell))
            for service in services.values():
                service.end()
        left = leftovers.breaches(each for service in services.values() for each in service.survivors)
        return Outcome(outcome.figures, (*outcome.breaches, *left, *_tracebacks(services)))


def _launched(held: ExitStack, site: Site, database: Path, options: Options) -> dict[str, Service]:
    """The services to look at; an engine without a model is no more than what they need."""
    flags = model_flags("runpod")
    if options.engine is Engine.FAKE:
        engine = held.enter_context(site.engine())
        engine.wait("/health", options.patience)
        flags = remote_flags(engine)
    gateway = held.enter_context(site.gateway(database))
    gateway.wait(f"/v2/{ENDPOINT}/health", options.patience)
    places = Environment(gateway.url, ENDPOINT, Keys(())).worker("soak")
    worker = held.enter_context(site.worker("runpod", flags, places))
    worker.wait("/health", options.patience)
    return {"worker": worker, "gateway": gateway}


async def _soak(services: dict[str, Service], leftovers: Leftovers, options: Options, tell: Tell) -> Outcome:
    footprint = Footprint(services)
    kinds = Random(options.seed).choices(list(WEIGHTS), list(WEIGHTS.values()), k=options.requests)
    batch = max(options.requests // SAMPLES, options.clients)
    begun = monotonic()
    asking = Asking(services["worker"].url, services["gateway"].url, options.patience)
    async with asking.session() as http:
        for served in range(0, options.requests, batch):
            tell(f"soak: {served} of {options.requests} requests")
            await asking.ask(http, kinds[served : served + batch], options.clients)
            await asyncio.to_thread(footprint.take, served + batch)
    await asyncio.to_thread(leftovers.watch, list(services.values()))
    figures = [
        Figure("requests", options.requests),
        Figure("seconds", monotonic() - begun, "s"),
        *(Figure(f"requests: {kind}", count) for kind, count in sorted(asking.done.items())),
        *(figure for growth in footprint.growths() for figure in growth.figures()),
        Figure("requests lost", len(asking.wrong)),
    ]
    wrong = [Breach.of(SERVED, evidence) for evidence in asking.wrong[:MOST_TOLD]]
    return Outcome(tuple(figures), (*wrong, *footprint.breaches()))


class Asking:
    """Asks a worker and a gateway, and counts what came as it had to.

    Args:
        worker: its address.
        gateway: its address.
        patience: seconds after which a request is lost.
    """

    def __init__(self, worker: str, gateway: str, patience: float) -> None:
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._worker = worker
        self._jobs = f"{gateway}/v2/{ENDPOINT}"
        self._patience = patience

    def session(self) -> aiohttp.ClientSession:
        """Open what asks: connections are not kept, so that many are opened and closed."""
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=self._patience))

    async def ask(self, http: aiohttp.ClientSession, kinds: list[str], clients: int) -> None:
        """Have so many clients share requests of these kinds."""
        waiting = iter(enumerate(kinds))

        async def client() -> None:
            for number, kind in waiting:
                await self._one(http, kind, number % MOST_TOKENS + 1)

        await asyncio.gather(*(client() for _ in range(clients)))

    async def _one(self, http: aiohttp.ClientSession, kind: str, tokens: int) -> None:
        try:
            right = await getattr(self, f"_{kind}")(http, tokens)
        except (aiohttp.ClientError, TimeoutError, LookupError) as error:
            right = False
            kind = f"{kind}: {type(error).__name__} {error}"
        if right:
            self.done[kind] += 1
        else:
            self.wrong.append(kind)

    async def _completion(self, http: aiohttp.ClientSession, tokens: int) -> bool:
        asked = {"model": MODEL, "prompt": "Hi.", "max_tokens": tokens, "min_tokens": tokens, "ignore_eos": True}
        return await self._counted(http, "/v1/completions", asked, tokens)

    async def _chat(self, http: aiohttp.ClientSession, tokens: int) -> bool:
        return await self._counted(http, CHAT, question(tokens), tokens)

    async def _counted(self, http: aiohttp.ClientSession, path: str, asked: dict[str, Any], tokens: int) -> bool:
        async with http.post(self._worker + path, json=asked) as response:
            content = await response.json()
            return response.status == 200 and bool(content["usage"]["completion_tokens"] == tokens)

    async def _stream(self, http: aiohttp.ClientSession, tokens: int) -> bool:
        async with http.post(self._worker + CHAT, json=question(tokens) | {"stream": True}) as response:
            return (await response.read()).endswith(b"data: [DONE]\n\n")

    async def _error(self, http: aiohttp.ClientSession, tokens: int) -> bool:
        async with http.post(self._worker + CHAT, json=question(tokens) | {"messages": tokens}) as response:
            return response.status == 400 and "error" in await response.json()

    async def _leaver(self, http: aiohttp.ClientSession, tokens: int) -> bool:
        async with http.post(self._worker + CHAT, json=question(200) | {"stream": True}) as response:
            await response.content.readany()
            return response.status == 200

    async def _job(self, http: aiohttp.ClientSession, tokens: int) -> bool:
        body = {"input": job_input(tokens, openai=tokens % 2 == 0)}
        async with http.post(f"{self._jobs}/runsync", json=body) as response:
            return bool((await response.json())["status"] == "COMPLETED")

    async def _metrics(self, http: aiohttp.ClientSession, tokens: int) -> bool:
        async with http.get(f"{self._worker}/metrics") as response:
            return bool(await response.read()) and response.status == 200


def _tracebacks(services: dict[str, Service]) -> Iterator[Breach]:
    for name, service in services.items():
        if found := service.traceback():
            yield Breach.of(SILENT, f"{name}: {found}")
