"""Workers on RunPod in processes of their own, in front of a made-up engine."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bench.runpod_platform import Platform, Status
from dragoman.process.address import Address
from tests.upstream import WORDS, Upstream, eventually
from tests.workers import Worker, worker

pytestmark = pytest.mark.anyio

CHAT = {"openai_route": "/v1/chat/completions", "openai_input": {"messages": []}}


@pytest.fixture
async def platform(anyio_backend: str) -> AsyncIterator[Platform]:
    async with Platform() as platform:
        yield platform


@pytest.fixture
async def on_queue(platform: Platform, upstream: Upstream, tmp_path: Path) -> AsyncIterator[Worker]:
    variables = {**platform.environment(), "OPENAI_SERVED_MODEL_NAME_OVERRIDE": "fake"}
    flags = ("--engine-url", upstream.url)
    async with worker(tmp_path, *flags, variables=variables, platform="runpod") as running:
        yield running


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


async def test_jobs_go_to_a_remote_engine(platform: Platform, on_queue: Worker) -> None:
    job = platform.submit(CHAT)
    assert await job.finished() is Status.COMPLETED
    assert job.outputs[0]["choices"][0]["message"]["content"] == " ".join(WORDS)  # type: ignore[index]


async def test_no_job_is_taken_before_the_engine_is_there(
    platform: Platform, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.status = 503
    flags = ("--engine-url", upstream.url)
    async with worker(tmp_path, *flags, variables=platform.environment(), platform="runpod") as running:
        await running.listening()
        await eventually(lambda: any("waiting for" in line for line in running.lines))
        assert platform.calls("take") == []
        upstream.status = 200
        await eventually(lambda: platform.open_polls == 1)


async def test_pings_begin_with_the_first_take(platform: Platform, on_queue: Worker) -> None:
    await eventually(lambda: len(platform.calls("ping")) > 0)
    assert platform.calls("ping")[0].query["gpu"] == "simulated"


async def test_users_data_is_in_no_line_of_the_log(platform: Platform, on_queue: Worker) -> None:
    job = platform.submit({"openai_input": {"messages": [{"role": "user", "content": "my secret"}]}})
    await job.finished()
    on_queue.send_signal(signal.SIGTERM)
    assert await on_queue.ended() == 0
    assert [line for line in on_queue.lines if "secret" in line or WORDS[0] in line] == []


async def test_an_engine_that_goes_away_fails_the_job_without_a_traceback(platform: Platform, on_queue: Worker) -> None:
    job = platform.submit({"openai_input": {"messages": [], "model": "crash", "stream": True}})
    assert await job.finished() is Status.FAILED
    on_queue.send_signal(signal.SIGTERM)
    assert await on_queue.ended() == 0
    assert [line for line in on_queue.lines if "Traceback" in line] == []


async def test_a_stream_in_flight_ends_before_the_worker_does(
    platform: Platform, upstream: Upstream, on_queue: Worker
) -> None:
    job = platform.submit({"openai_input": {"messages": [], "model": "gated", "stream": True}})
    await job.first_item()
    on_queue.send_signal(signal.SIGTERM)
    await eventually(lambda: platform.open_polls == 0)
    upstream.gate.set()
    assert await on_queue.ended() == 0
    assert job.status is Status.COMPLETED
    assert str(job.outputs[-1]).endswith("data: [DONE]\n\n")


async def test_a_cancelled_job_is_aborted_at_the_engine(
    platform: Platform, upstream: Upstream, on_queue: Worker
) -> None:
    job = platform.submit({"openai_input": {"messages": [], "model": "endless", "stream": True}})
    await job.first_item()
    platform.cancel(job)
    await eventually(lambda: upstream.streaming == 0)


async def test_a_load_balancer_is_told_when_the_worker_is_ready(upstream: Upstream, tmp_path: Path) -> None:
    upstream.status = 503
    with Address("127.0.0.1", 0).bind() as sock:
        health_port = sock.getsockname()[1]
    variables = {"RUNPOD_ENDPOINT_ID": "endpoint", "PORT_HEALTH": str(health_port)}
    flags = ("--engine-url", upstream.url)
    async with worker(tmp_path, *flags, variables=variables, platform="runpod") as running:
        await running.listening()
        pings = (f"{running.url}/ping", f"http://127.0.0.1:{health_port}/ping")
        assert [await status(ping) for ping in pings] == [204, 204]
        upstream.status = 200
        await running.ready()
        assert [await status(ping) for ping in pings] == [200, 200]
        assert await status(f"{running.url}/v1/models") == 200
        assert await status(f"http://127.0.0.1:{health_port}/v1/models") == 404
