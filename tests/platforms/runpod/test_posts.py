import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bench.runpod_platform import Platform
from dragoman.platforms.runpod.posts import Posts

pytestmark = pytest.mark.anyio


@pytest.fixture
async def platform(anyio_backend: str) -> AsyncIterator[Platform]:
    async with Platform() as platform:
        yield platform


@pytest.fixture
async def posts(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Posts]:
    monkeypatch.setattr("dragoman.platforms.runpod.posts.STREAM_PAUSES", (0.0, 0.0))
    monkeypatch.setattr("dragoman.platforms.runpod.posts.DONE_PAUSES", ())
    monkeypatch.setattr("dragoman.platforms.runpod.posts.DONE_PERIOD", 0.0)
    urls = [platform.environment()[f"RUNPOD_WEBHOOK_POST_{kind}"] for kind in ("STREAM", "OUTPUT")]
    async with aiohttp.ClientSession(headers={"Authorization": "key"}) as session:
        yield Posts(session, *(url.replace("$RUNPOD_POD_ID", "worker") for url in urls))


async def test_text_arrives_as_it_is(platform: Platform, posts: Posts) -> None:
    job = platform.submit(None, "job")
    await posts.stream("job", "data: ä€😀\n\n")
    assert job.outputs == ["data: ä€😀\n\n"]


@pytest.mark.parametrize("job_id", ["a/b", "a?b=c&d", "#1", "50%", "ä 1\n"])
async def test_a_job_may_have_any_id(platform: Platform, posts: Posts, job_id: str) -> None:
    job = platform.submit(None, job_id)
    await posts.stream(job_id, 1)
    await posts.done(job_id, {"output": [1]})
    assert (job.outputs, job.done) == ([1], {"output": [1]})


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
async def test_a_piece_gets_three_tries(platform: Platform, posts: Posts, status: int) -> None:
    job = platform.submit(None, "job")
    platform.fail_next("stream", 3, status)
    await posts.stream("job", 1)
    await posts.stream("job", 2)
    assert job.outputs == [2]
    assert len(platform.calls("stream")) == 4


async def test_a_result_gets_many(platform: Platform, posts: Posts) -> None:
    job = platform.submit(None, "job")
    platform.fail_next("done", 40)
    platform.drop_next("done", 20)
    await posts.done("job", {"output": []})
    assert job.done == {"output": []}


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413])
async def test_what_is_refused_is_not_tried_again(platform: Platform, posts: Posts, status: int) -> None:
    platform.submit(None, "job")
    platform.fail_next("done", 1, status)
    await posts.done("job", {"output": []})
    assert len(platform.calls("done")) == 1


async def test_what_was_lost_is_in_the_log(platform: Platform, posts: Posts, caplog: pytest.LogCaptureFixture) -> None:
    platform.fail_next("done", 1, 413)
    await posts.done("job", {"output": ["secret text"]})
    assert caplog.messages == ["job job: a result could not be posted: the platform answered 413"]


async def test_a_cancelled_post_ends_at_once(platform: Platform, posts: Posts) -> None:
    platform.latency = 60
    platform.submit(None, "job")
    post = asyncio.create_task(posts.stream("job", 1))
    await asyncio.sleep(0)
    post.cancel()
    with pytest.raises(asyncio.CancelledError):
        await post
