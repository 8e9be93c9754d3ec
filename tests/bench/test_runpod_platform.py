import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bench.runpod_platform import ENDPOINT, KEY, WORKER, Kind, Platform, Status
from tests.bench import stock_worker
from tests.processes import end_family
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

TAKE = f"/v2/{ENDPOINT}/job-take/{WORKER}?gpu=simulated"
BATCH = f"/v2/{ENDPOINT}/job-take-batch/{WORKER}?gpu=simulated&batch_size=2"
STOP = f"/v2/{ENDPOINT}/job-stop/{WORKER}?gpu=simulated"
PING = f"/v2/{ENDPOINT}/ping/{WORKER}?gpu=simulated"


def stream(job: str) -> str:
    return f"/v2/{ENDPOINT}/job-stream/{WORKER}/{job}?gpu=simulated&isStream=false"


def done(job: str) -> str:
    return f"/v2/{ENDPOINT}/job-done/{WORKER}/{job}?gpu=simulated&isStream=true"


@pytest.fixture
async def platform(anyio_backend: str) -> AsyncIterator[Platform]:
    async with Platform(hold=0.2) as platform:
        yield platform


@pytest.fixture
async def http(platform: Platform) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(platform.url, headers={"Authorization": KEY}) as session:
        yield session


async def get(http: aiohttp.ClientSession, path: str) -> object:
    async with http.get(path) as response:
        return await response.json() if response.status == 200 else response.status


async def post(http: aiohttp.ClientSession, path: str, body: object) -> int:
    async with http.post(path, data=json.dumps(body)) as response:
        return response.status


@asynccontextmanager
async def worker(platform: Platform, directory: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker on the unmodified SDK, which keeps a file of its jobs in its directory."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        stock_worker.__file__,
        env={**os.environ, **platform.environment()},
        cwd=directory,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        end_family(process.pid)
        await process.wait()


async def test_a_poll_without_jobs_is_held_and_then_empty(platform: Platform, http: aiohttp.ClientSession) -> None:
    poll = asyncio.create_task(get(http, TAKE))
    await eventually(lambda: platform.open_polls == 1)
    assert await poll == 204
    assert platform.open_polls == 0


async def test_a_poll_ends_with_a_job(platform: Platform, http: aiohttp.ClientSession) -> None:
    platform.hold = 60
    poll = asyncio.create_task(get(http, TAKE))
    await eventually(lambda: platform.open_polls == 1)
    job = platform.submit({"prompt": "Hi"}, id="a")
    assert await poll == {"id": "a", "input": {"prompt": "Hi"}}
    assert job.status == Status.IN_PROGRESS


async def test_a_batch_is_never_larger_than_asked_for(platform: Platform, http: aiohttp.ClientSession) -> None:
    for name in "abc":
        platform.submit({}, id=name)
    assert await get(http, BATCH) == [{"id": "a", "input": {}}, {"id": "b", "input": {}}]
    assert await get(http, BATCH) == [{"id": "c", "input": {}}]


async def test_a_poll_that_was_given_up_takes_nothing(platform: Platform, http: aiohttp.ClientSession) -> None:
    poll = asyncio.create_task(get(http, TAKE))
    await eventually(lambda: platform.open_polls == 1)
    poll.cancel()
    await eventually(lambda: platform.open_polls == 0)
    platform.submit({}, id="a")
    assert await get(http, TAKE) == {"id": "a", "input": {}}


async def test_a_job_whose_taker_goes_as_it_is_told_waits_again(
    platform: Platform, http: aiohttp.ClientSession
) -> None:
    reader, writer = await asyncio.open_connection(*platform.address)
    writer.write(f"GET {TAKE} HTTP/1.1\r\nHost: platform\r\nAuthorization: {KEY}\r\n\r\n".encode())
    await eventually(lambda: platform.open_polls == 1)
    job = platform.submit({}, id="a")
    platform.drop_connections()
    assert await reader.read() == b""
    writer.close()
    assert job.status == Status.IN_QUEUE
    assert await get(http, TAKE) == {"id": "a", "input": {}}


async def test_a_job_collects_its_posts(platform: Platform, http: aiohttp.ClientSession) -> None:
    job = platform.submit({})
    await get(http, TAKE)
    assert await post(http, stream(job.id), {"output": "one"}) == 200
    assert await post(http, stream(job.id), {"output": ["two"]}) == 200
    assert await post(http, done(job.id), {"output": ["one", ["two"]]}) == 200
    assert await job.finished() == Status.COMPLETED
    assert job.outputs == ["one", ["two"]]
    assert (await job.first_item()).output == "one"
    assert job.done == {"output": ["one", ["two"]]}


async def test_an_error_fails_a_job(platform: Platform, http: aiohttp.ClientSession) -> None:
    job = platform.submit({})
    await get(http, TAKE)
    await post(http, done(job.id), {"error": "no"})
    assert await job.finished() == Status.FAILED
    with pytest.raises(LookupError, match="FAILED without an item"):
        await job.first_item()


async def test_progress_ends_nothing(platform: Platform, http: aiohttp.ClientSession) -> None:
    job = platform.submit({})
    await get(http, TAKE)
    assert await post(http, done(job.id), {"status": "IN_PROGRESS", "output": "half"}) == 200
    assert job.status == Status.IN_PROGRESS


async def test_a_job_that_is_cancelled_is_told_on_the_stop_channel(
    platform: Platform, http: aiohttp.ClientSession
) -> None:
    job = platform.submit({})
    await get(http, TAKE)
    poll = asyncio.create_task(get(http, STOP))
    platform.cancel(job)
    assert await poll == {"jobsToStop": [job.id]}
    assert await job.finished() == Status.CANCELLED


async def test_a_job_that_is_cancelled_in_the_queue_is_never_seen(
    platform: Platform, http: aiohttp.ClientSession
) -> None:
    job = platform.submit({})
    platform.cancel(job)
    assert await get(http, TAKE) == 204
    assert await get(http, STOP) == 204
    assert job.status == Status.CANCELLED


async def test_posts_after_the_end_are_counted_and_change_nothing(
    platform: Platform, http: aiohttp.ClientSession
) -> None:
    job = platform.submit({})
    await get(http, TAKE)
    platform.cancel(job)
    assert await post(http, stream(job.id), {"output": "late"}) == 200
    assert await post(http, done(job.id), {"output": []}) == 200
    assert (job.status, job.items, job.done, job.late_posts) == (Status.CANCELLED, [], None, 2)


async def test_a_job_that_has_ended_cannot_be_cancelled(platform: Platform, http: aiohttp.ClientSession) -> None:
    job = platform.submit({})
    await get(http, TAKE)
    await post(http, done(job.id), {"output": []})
    platform.cancel(job)
    assert job.status == Status.COMPLETED


async def test_an_unknown_job_is_not_found(http: aiohttp.ClientSession) -> None:
    assert await post(http, done("nobody's"), {"output": []}) == 404


async def test_the_key_is_sent_as_it_is(platform: Platform) -> None:
    async with aiohttp.ClientSession(platform.url, headers={"Authorization": f"Bearer {KEY}"}) as http:
        assert await get(http, PING) == 401


async def test_posts_are_answered_late(platform: Platform, http: aiohttp.ClientSession) -> None:
    platform.latency = 0.05
    job = platform.submit({})
    await get(http, TAKE)
    await post(http, stream(job.id), {"output": "one"})
    await post(http, stream(job.id), {"output": "two"})
    assert job.items[1].at - job.items[0].at >= 0.05


@pytest.mark.parametrize(("kind", "path"), [("take", TAKE), ("stop", STOP)])
async def test_calls_that_fail(platform: Platform, http: aiohttp.ClientSession, kind: Kind, path: str) -> None:
    platform.fail_next(kind, 2, status=502)
    assert [await get(http, path) for _ in range(2)] == [502, 502]
    assert await get(http, path) != 502
    assert len(platform.calls(kind)) == 3


@pytest.mark.parametrize("kind", ["stream", "done"])
async def test_a_post_that_fails_has_no_effect(platform: Platform, http: aiohttp.ClientSession, kind: Kind) -> None:
    job = platform.submit({})
    await get(http, TAKE)
    platform.fail_next(kind)
    path = {"stream": stream, "done": done}[kind](job.id)
    assert await post(http, path, {"output": "lost"}) == 500
    assert (job.items, job.done) == ([], None)
    assert await post(http, path, {"output": "not lost"}) == 200


async def test_connections_that_break(platform: Platform, http: aiohttp.ClientSession) -> None:
    job = platform.submit({})
    await get(http, TAKE)
    platform.drop_next("done")
    with pytest.raises(aiohttp.ClientError):
        await post(http, done(job.id), {"output": []})
    assert job.status == Status.IN_PROGRESS


async def test_calls_are_remembered(platform: Platform, http: aiohttp.ClientSession) -> None:
    job = platform.submit({})
    await post(http, stream(job.id), {"output": "ä"})
    [call] = platform.calls("stream")
    assert (call.method, call.path) == ("POST", f"/v2/{ENDPOINT}/job-stream/{WORKER}/{job.id}")
    assert call.query == {"gpu": "simulated", "isStream": "false"}
    assert call.headers["authorization"] == KEY
    assert json.loads(call.body) == {"output": "ä"}


async def test_the_stock_worker_streams(platform: Platform, tmp_path: Path) -> None:
    jobs = [platform.submit({"outputs": ["one", {"two": 2}], "progress": "half"}) for _ in range(6)]
    async with worker(platform, tmp_path):
        assert {await job.finished() for job in jobs} == {Status.COMPLETED}
    for job in jobs:
        assert job.outputs == ["one", {"two": 2}]
        assert job.done == {"output": ["one", {"two": 2}]}
    assert platform.calls("ping")


async def test_the_stock_worker_fails_a_job(platform: Platform, tmp_path: Path) -> None:
    job = platform.submit({"outputs": ["one"], "then": "fail"})
    async with worker(platform, tmp_path):
        assert await job.finished() == Status.FAILED
    assert job.done is not None
    assert "no luck" in str(job.done["error"])


async def test_the_stock_worker_hears_of_a_cancelled_job(platform: Platform, tmp_path: Path) -> None:
    job = platform.submit({"outputs": ["one"], "then": "wait"})
    other = platform.submit({"outputs": ["one"], "then": "wait"})
    async with worker(platform, tmp_path) as process:
        await job.first_item()
        await other.first_item()
        platform.cancel(job)
        platform.cancel(other)
        await eventually(lambda: platform.calls("take")[-1].query["job_in_progress"] == "0")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert (job.late_posts, other.late_posts) == (0, 0)


async def test_the_stock_worker_retries_a_post(platform: Platform, tmp_path: Path) -> None:
    platform.fail_next("stream")
    job = platform.submit({"outputs": ["one"]})
    async with worker(platform, tmp_path):
        assert await job.finished() == Status.COMPLETED
    assert job.outputs == ["one"]
    assert len(platform.calls("stream")) == 2


async def test_the_stock_worker_ends_its_job_after_sigterm(platform: Platform, tmp_path: Path) -> None:
    job = platform.submit({"outputs": ["one"], "then": "work"})
    async with worker(platform, tmp_path) as process:
        await job.first_item()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert job.status == Status.COMPLETED
