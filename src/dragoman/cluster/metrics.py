"""The front's Prometheus metrics, and those of all replicas, each with the label of its replica."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import Scope

from dragoman.cluster.balance import Balance
from dragoman.engine.relay import written
from dragoman.serving.observing.metrics import TEXT

LABEL = "replica"
PATH = "/metrics"
SECONDS = 5.0


class FrontMetrics:
    """Figures about the front.

    Args:
        balance: the replicas and their load.
    """

    def __init__(self, balance: Balance) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Load(balance))
        self.passed_over = self._counter("dragoman_replica_refusals", "Times that a replica did not take a request")
        self.lost = self._counter("dragoman_replica_losses", "Requests whose replica ended before it answered")

    def _counter(self, name: str, meaning: str) -> Counter:
        return Counter(name, meaning, registry=self._registry)

    async def response(self, http: aiohttp.ClientSession, addresses: Mapping[str, str], scope: Scope) -> Response:
        """The front's metrics and those of every replica that tells whoever asks; a replica's refusal where all refuse.

        Args:
            http: what connects to replicas.
            addresses: each replica's, by its name.
            scope: the request, whose key goes to the replicas.
        """
        asked = {name.decode(): written(value) for name, value in scope["headers"] if name == b"authorization"}
        found = await asyncio.gather(*(_ask(http, address, asked) for address in addresses.values()))
        told = {name: text for name, (status, text) in zip(addresses, found, strict=True) if status == 200}
        if not told and any(status in (401, 403) for status, _ in found):
            status, text = next(it for it in found if it[0] in (401, 403))
            return Response(text, status, media_type="application/json")
        registry = CollectorRegistry()
        registry.register(_Labelled(told))
        # Reading the figures of many replicas takes long, and tokens pass meanwhile.
        theirs = await asyncio.to_thread(generate_latest, registry)
        return Response(generate_latest(self._registry) + theirs, media_type=TEXT)


async def _ask(http: aiohttp.ClientSession, address: str, headers: Mapping[str, str]) -> tuple[int, str]:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with http.get(address + PATH, headers=headers, timeout=timeout) as response:
            return response.status, await response.text()
    return 503, ""


class _Load(Collector):
    """How many replicas there are, and how many requests each has."""

    def __init__(self, balance: Balance) -> None:
        self._balance = balance

    def collect(self) -> Iterable[Metric]:
        load = self._balance.load()
        yield GaugeMetricFamily("dragoman_replicas", "Replicas that serve", len(load))
        requests = GaugeMetricFamily("dragoman_replica_requests", "Requests of a replica from here", labels=[LABEL])
        for replica, count in load.items():
            requests.add_metric([replica], count)
        yield requests


class _Labelled(Collector):
    """What replicas tell, each sample with the label of its replica."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for replica, text in self._texts.items():
            for told in text_string_to_metric_families(text):
                family = families.setdefault(told.name, Metric(told.name, told.documentation, told.type))
                family.samples += [it._replace(labels={**it.labels, LABEL: replica}) for it in told.samples]
        yield from families.values()
