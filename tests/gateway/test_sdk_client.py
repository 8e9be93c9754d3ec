"""RunPod's own client against the gateway."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest
import runpod

from dragoman.gateway import client_api, payloads
from dragoman.gateway.jobs import Job, Result
from tests.gateway.gateways import ENDPOINT, KEY, Gateway, serving
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

T = TypeVar("T")


@pytest.fixture
async def gateway(anyio_backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    async with serving(tmp_path) as gateway:
        monkeypatch.setattr(runpod, "endpoint_url_base", gateway.url.removesuffix(f"/{ENDPOINT}"))
        yield gateway


@pytest.fixture
async def worker(gateway: Gateway) -> AsyncIterator[None]:
    """A worker that does jobs one by one, for as long as the test lasts."""
    task = asyncio.create_task(_work(gateway))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _work(gateway: Gateway) -> None:
    while True:
        for job in await gateway.endpoint.take("w", 1, 60):
            await _do(gateway, job)


async def _do(gateway: Gateway, job: Job) -> None:
    """Streams a list, fails at a text, returns anything else."""
    given = json.loads(job.input)
    for item in given.get("stream", ()):
        await gateway.endpoint.add_items(job.id, "w", [payloads.dumps(item)])
    result = Result(None, given["error"]) if "error" in given else Result(payloads.dumps(given.get("output")), None)
    await gateway.endpoint.finish(job.id, "w", result)


@pytest.fixture
def client(gateway: Gateway) -> runpod.Endpoint:
    return runpod.Endpoint(ENDPOINT, api_key=KEY)


async def off_loop(function: Callable[..., T], *arguments: object) -> T:
    async with asyncio.timeout(60):
        return await asyncio.to_thread(function, *arguments)


@asynccontextmanager
async def aio(gateway: Gateway) -> AsyncIterator[runpod.AsyncioEndpoint]:
    async with aiohttp.ClientSession() as session:
        yield runpod.AsyncioEndpoint(ENDPOINT, session, api_key=KEY)


async def held(gateway: Gateway) -> str:
    """Have a worker take a job that it does not end; return the job's id."""
    (job,) = await gateway.endpoint.take("w", 1, 60)
    return job.id


async def test_run_and_output(client: runpod.Endpoint, worker: None) -> None:
    job = await off_loop(client.run, {"output": {"text": "Hi"}})
    assert await off_loop(job.output, 30) == {"text": "Hi"}
    assert await off_loop(job.status) == "COMPLETED"


async def test_run_takes_a_whole_request(client: runpod.Endpoint, worker: None) -> None:
    job = await off_loop(client.run, {"input": {"output": 1}, "policy": {"executionTimeout": 5000}})
    assert await off_loop(job.output, 30) == 1


async def test_the_status_of_a_job_that_waits_and_of_one_that_runs(gateway: Gateway, client: runpod.Endpoint) -> None:
    job = await off_loop(client.run, {"output": 1})
    assert await off_loop(job.status) == "IN_QUEUE"
    assert await held(gateway) == job.job_id
    assert await off_loop(job.status) == "IN_PROGRESS"


async def test_run_sync(client: runpod.Endpoint, worker: None) -> None:
    assert await off_loop(client.run_sync, {"output": [1, "é"]}, 30) == [1, "é"]


async def test_run_sync_of_a_job_that_fails(client: runpod.Endpoint, worker: None) -> None:
    """The client hides the error."""
    assert await off_loop(client.run_sync, {"error": "it broke"}, 30) is None


async def test_run_sync_goes_on_asking(
    gateway: Gateway, client: runpod.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_api, "DEFAULT_WAIT", 1)
    monkeypatch.setattr(client_api, "SHORTEST_WAIT", 1)
    running = asyncio.create_task(off_loop(client.run_sync, {"output": 1}, 30))
    job_id = await held(gateway)
    await eventually(lambda: not len(gateway.endpoint._bells))
    await gateway.endpoint.finish(job_id, "w", Result(b'"late"', None))
    assert await running == "late"


async def test_stream(client: runpod.Endpoint, worker: None) -> None:
    job = await off_loop(client.run, {"stream": ["a", {"b": 1}, "c"]})
    assert await off_loop(list, job.stream()) == ["a", {"b": 1}, "c"]


async def test_stream_of_a_job_that_fails(client: runpod.Endpoint, worker: None) -> None:
    job = await off_loop(client.run, {"stream": ["a"], "error": "it broke"})
    assert await off_loop(list, job.stream()) == ["a"]
    assert await off_loop(job.status) == "FAILED"


async def test_cancel(gateway: Gateway, client: runpod.Endpoint) -> None:
    job = await off_loop(client.run, {"output": 1})
    await held(gateway)
    assert await off_loop(job.cancel) == {"id": job.job_id, "status": "CANCELLED"}
    assert await off_loop(job.status) == "CANCELLED"
    assert await gateway.endpoint.stops("w", 60) == [job.job_id]


async def test_health_and_purge(client: runpod.Endpoint) -> None:
    for _ in range(2):
        await off_loop(client.run, {"output": 1})
    assert (await off_loop(client.health))["jobs"]["inQueue"] == 2
    assert await off_loop(client.purge_queue) == {"removed": 2, "status": "completed"}


async def test_a_wrong_key(gateway: Gateway) -> None:
    with pytest.raises(RuntimeError, match="401"):
        await off_loop(runpod.Endpoint(ENDPOINT, api_key="wrong").run, {"output": 1})


async def test_asyncio_run_and_output(gateway: Gateway, worker: None) -> None:
    async with aio(gateway) as client:
        job = await client.run({"output": {"text": "Hi"}})
        assert await job.output(timeout=30) == {"text": "Hi"}
        assert await job.status() == "COMPLETED"


async def test_asyncio_stream(gateway: Gateway, worker: None) -> None:
    async with aio(gateway) as client:
        job = await client.run({"stream": ["a", {"b": 1}]})
        assert [item async for item in job.stream()] == ["a", {"b": 1}]


async def test_asyncio_cancel_health_and_purge(gateway: Gateway) -> None:
    async with aio(gateway) as client:
        job = await client.run({"output": 1})
        assert await job.cancel() == {"id": job.job_id, "status": "CANCELLED"}
        await client.run({"output": 1})
        assert (await client.health())["jobs"]["inQueue"] == 1
        assert await client.purge_queue() == {"removed": 1, "status": "completed"}
