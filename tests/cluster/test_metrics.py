import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import Response

from dragoman.cluster import metrics
from dragoman.cluster.balance import Balance
from dragoman.cluster.metrics import FrontMetrics
from dragoman.engine.relay import session
from tests.cluster.replicas import Replica
from tests.serving.exchanges import scope

pytestmark = pytest.mark.anyio

Pair = tuple[Replica, Replica]
GONE = "http://127.0.0.1:1"


@pytest.fixture
async def http(anyio_backend: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with session() as http:
        yield http


def samples(response: Response) -> dict[tuple[str, ...], float]:
    """The samples by their names and the values of their labels, but for when they were made."""
    families = text_string_to_metric_families(bytes(response.body).decode())
    told = [sample for family in families for sample in family.samples if not sample.name.endswith("_created")]
    return {(sample.name, *sample.labels.values()): sample.value for sample in told}


async def test_the_fronts_figures(http: aiohttp.ClientSession) -> None:
    balance = Balance()
    balance.update(["a", "b"])
    told = FrontMetrics(balance)
    told.lost.inc()
    with balance.busy("a"):
        found = samples(await told.response(http, {}, scope("/metrics")))
    assert found == {
        ("dragoman_replicas",): 2,
        ("dragoman_replica_requests", "a"): 1,
        ("dragoman_replica_requests", "b"): 0,
        ("dragoman_replica_refusals_total",): 0,
        ("dragoman_replica_losses_total",): 1,
    }


async def test_each_replicas_figures_have_its_name(http: aiohttp.ClientSession, replicas: Pair) -> None:
    addresses = {replica.name: replica.url for replica in replicas}
    response = await FrontMetrics(Balance()).response(http, addresses, scope("/metrics"))
    found = samples(response)
    assert found["vllm:running", "a", "a"] == found["vllm:running", "b", "b"] == 1
    assert bytes(response.body).count(b"# TYPE vllm:running gauge") == 1


async def test_a_replica_that_does_not_tell_is_left_out(
    http: aiohttp.ClientSession, replicas: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "SECONDS", 0.2)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as silent:
        address = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        addresses = {"a": replicas[0].url, "gone": GONE, "silent": address}
        found = samples(await FrontMetrics(Balance()).response(http, addresses, scope("/metrics")))
    assert [labels for name, *labels in found if name == "vllm:running"] == [["a", "a"]]


async def test_the_clients_key_goes_to_the_replicas(http: aiohttp.ClientSession, replicas: Pair) -> None:
    addresses = {replica.name: replica.url for replica in replicas}
    for replica in replicas:
        replica.key = "schlüssel"
    asked = scope("/metrics", headers=[(b"authorization", "Bearer schlüssel".encode()), (b"cookie", b"c=1")])
    found = samples(await FrontMetrics(Balance()).response(http, addresses, asked))
    assert found["vllm:running", "a", "a"] == 1
    assert all("Cookie" not in replica.seen[-1].headers for replica in replicas)


async def test_who_has_no_key_is_told_nothing(http: aiohttp.ClientSession, replicas: Pair) -> None:
    addresses = {"gone": GONE, **{replica.name: replica.url for replica in replicas}}
    for replica in replicas:
        replica.key = "secret"
    response = await FrontMetrics(Balance()).response(http, addresses, scope("/metrics"))
    assert (response.status_code, bytes(response.body)) == (401, b'{"error": "no key"}')
