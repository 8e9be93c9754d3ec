import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bench.runpod_platform import Job, Platform, Status
from dragoman.platforms.runpod import app
from tests.plans import SPARE
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

Handle = Callable[[Mapping[str, Any]], AsyncIterator[object]]


class Handler:
    """Does what the job's input says, and notes what becomes of each job."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.most = 0
        self.ended: list[str] = []
        self.gate = asyncio.Event()

    async def handle(self, job: Mapping[str, Any]) -> AsyncIterator[object]:
        self.running.add(job["id"])
        self.most = max(self.most, len(self.running))
        try:
            async for item in getattr(self, f"_{job['input']}")(job):
                yield item
        finally:
            self.running.remove(job["id"])
            self.ended.append(job["id"])

    async def _words(self, job: Mapping[str, Any]) -> AsyncIterator[object]:
        for word in ("Guten", "Tag", "ä€😀"):
            yield word

    async def _gated(self, job: Mapping[str, Any]) -> AsyncIterator[object]:
        yield "first"
        await self.gate.wait()
        yield job["id"]

    async def _endless(self, job: Mapping[str, Any]) -> AsyncIterator[object]:
        while True:
            yield "more"

    async def _failing(self, job: Mapping[str, Any]) -> AsyncIterator[object]:
        yield "something"
        yield {"error": '{"message": "no", "code": 400}'}

    async def _broken(self, job: Mapping[str, Any]) -> AsyncIterator[object]:
        yield "something"
        raise RuntimeError("a bug")


@pytest.fixture
async def platform(anyio_backend: str) -> AsyncIterator[Platform]:
    async with Platform(hold=5) as platform:
        yield platform


@pytest.fixture
def handler(anyio_backend: str) -> Handler:
    return Handler()


@pytest.fixture(autouse=True)
def addresses(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SDK reads from the environment when it is imported."""
    environment = platform.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app.prepare(SPARE, print)
    urls = {
        "rp_job.JOB_GET_URL": environment["RUNPOD_WEBHOOK_GET_JOB"],
        "rp_http.JOB_DONE_URL": environment["RUNPOD_WEBHOOK_POST_OUTPUT"],
        "rp_http.JOB_STREAM_URL": environment["RUNPOD_WEBHOOK_POST_STREAM"],
    }
    for name, url in urls.items():
        url = url.replace("$RUNPOD_POD_ID", "worker")
        monkeypatch.setattr(
            f"runpod.serverless.modules.{name}", url.replace("$ID", "worker") if "job-take" in url else url
        )


@asynccontextmanager
async def loop(handler: Handler, slots: int = 300, refresh: bool = False) -> AsyncIterator[Callable[[], None]]:
    """A loop that takes jobs; it ends with the context, or when what is yielded is called."""
    from dragoman.platforms.runpod.sdk import Loop

    loop = Loop(handler, slots, refresh)  # type: ignore[arg-type]
    running = asyncio.create_task(loop.run())
    try:
        yield loop.kill_worker
    finally:
        loop.kill_worker()
        handler.gate.set()
        await running


async def test_a_job_is_streamed_and_then_delivered_whole(platform: Platform, handler: Handler) -> None:
    async with loop(handler):
        job = platform.submit("words")
        assert await job.finished() is Status.COMPLETED
    assert job.outputs == ["Guten", "Tag", "ä€😀"]
    assert job.done == {"output": ["Guten", "Tag", "ä€😀"]}


async def test_posts_look_as_the_sdks_do(platform: Platform, handler: Handler) -> None:
    async with loop(handler):
        job = platform.submit("words", "job-1")
        await job.finished()
    stream, done = platform.calls("stream")[0], platform.calls("done")[0]
    assert (stream.path, stream.query) == (
        "/v2/endpoint/job-stream/worker/job-1",
        {"gpu": "simulated", "isStream": "false"},
    )
    assert (done.path, done.query) == ("/v2/endpoint/job-done/worker/job-1", {"gpu": "simulated", "isStream": "true"})
    assert done.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (done.headers["authorization"], done.headers["x-request-id"]) == ("key", "job-1")


async def test_an_error_ends_the_job_in_the_place_of_its_output(platform: Platform, handler: Handler) -> None:
    async with loop(handler):
        job = platform.submit("failing")
        assert await job.finished() is Status.FAILED
    assert job.done == {"error": '{"message": "no", "code": 400}'}


@pytest.mark.parametrize(("work", "outcome"), [("words", "COMPLETED"), ("failing", "FAILED"), ("broken", "FAILED")])
async def test_each_job_is_a_line_of_the_log(
    platform: Platform, handler: Handler, work: str, outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "dragoman.access"):
        async with loop(handler):
            job = platform.submit(work)
            await job.finished()
    told = [record.getMessage() for record in caplog.records if record.name == "dragoman.access"]
    assert told == [f"job {job.id} {outcome}"]


async def test_a_take_asks_for_the_slots_that_are_free(platform: Platform, handler: Handler) -> None:
    async with loop(handler, slots=2):
        jobs = [platform.submit("gated") for _ in range(3)]
        await eventually(lambda: len(handler.running) == 2)
        assert platform.calls("take")[0].query["batch_size"] == "2"
        handler.gate.set()
        for job in jobs:
            await job.finished()
    assert handler.most == 2
    assert len(handler.ended) == 3


async def test_one_free_slot_is_asked_for_in_the_old_way(platform: Platform, handler: Handler) -> None:
    async with loop(handler, slots=1):
        await platform.submit("words").finished()
    assert {call.path for call in platform.calls("take")} == {"/v2/endpoint/job-take/worker"}
    assert platform.calls("take")[0].query["job_in_progress"] == "0"


async def test_a_take_tells_whether_jobs_are_in_progress(platform: Platform, handler: Handler) -> None:
    async with loop(handler):
        await platform.submit("gated").first_item()
        await eventually(lambda: platform.calls("take")[-1].query["job_in_progress"] == "1")


async def test_jobs_do_not_wait_for_each_other(platform: Platform, handler: Handler) -> None:
    async with loop(handler):
        jobs = [platform.submit("gated") for _ in range(64)]
        await eventually(lambda: len(handler.running) == 64)
        handler.gate.set()
        for job in jobs:
            assert await job.finished() is Status.COMPLETED
    assert [job.done for job in jobs] == [{"output": ["first", job.id]} for job in jobs]


@pytest.mark.parametrize("kind", ["gated", "endless"])
async def test_a_cancelled_job_ends_and_the_others_go_on(platform: Platform, handler: Handler, kind: str) -> None:
    async with loop(handler):
        job, other = platform.submit(kind), platform.submit("gated")
        await job.first_item()
        await other.first_item()
        platform.cancel(job)
        await eventually(lambda: handler.ended == [job.id])
        handler.gate.set()
        assert await other.finished() is Status.COMPLETED
    assert [call.path for call in platform.calls("done")] == [f"/v2/endpoint/job-done/worker/{other.id}"]


async def test_a_job_whose_post_is_under_way_is_cancelled_too(platform: Platform, handler: Handler) -> None:
    async with loop(handler):
        platform.latency = 30
        job = platform.submit("words")
        await job.first_item()
        platform.cancel(job)
        await eventually(lambda: handler.ended == [job.id])


async def test_a_job_that_is_cancelled_before_its_first_step_gives_its_slot_back(
    platform: Platform, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dragoman.platforms.runpod.sdk import Loop

    begin = Loop._begin

    def cancelled_at_once(loop: Loop, session: aiohttp.ClientSession, job: object) -> None:
        monkeypatch.setattr(Loop, "_begin", begin)
        loop._begin(session, job)
        loop.jobs_tasks["unlucky"].cancel()

    monkeypatch.setattr(Loop, "_begin", cancelled_at_once)
    async with loop(handler, slots=1):
        platform.submit("words", "unlucky")
        assert await platform.submit("words").finished() is Status.COMPLETED
    assert len(handler.ended) == 1


async def test_cancels_come_through_a_channel_that_fails_at_first(platform: Platform, handler: Handler) -> None:
    platform.fail_next("stop", 3)
    platform.fail_next("stop", 1, 429)
    async with loop(handler):
        job = platform.submit("endless")
        await job.first_item()
        platform.cancel(job)
        await eventually(lambda: handler.ended == [job.id])


@pytest.mark.parametrize("status", [500, 429, 400, 204])
async def test_takes_that_are_answered_without_jobs_are_repeated(
    platform: Platform, handler: Handler, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman.platforms.runpod.sdk.DEBOUNCE", 0.1)
    platform.fail_next("take", 3, status)
    async with loop(handler):
        assert await platform.submit("words").finished() is Status.COMPLETED


@pytest.mark.parametrize(
    ("answers", "pauses"),
    [
        ([[]] * 4, [0.05, 0.1, 0.2, 0.2]),
        ([["job"], [], ["job"], []], [0.05, 0.05]),
        ([RuntimeError()] * 8, [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5]),
        ([RuntimeError(), RuntimeError(), RuntimeError(), []], [0.05, 0.1, 0.2, 0.2]),
    ],
)
async def test_polls_that_bring_nothing_are_apart_a_little_and_those_that_fail_more(
    answers: list[list[Any] | Exception], pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dragoman.platforms.runpod.sdk import Pace

    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def poll(answer: list[Any] | Exception) -> list[Any]:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("asyncio.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    pace = Pace(longest=5)
    for answer in answers:
        await pace.of(poll(answer))
    assert slept == pauses


async def test_a_stream_post_that_fails_is_repeated_in_its_place(platform: Platform, handler: Handler) -> None:
    platform.fail_next("stream", 1)
    async with loop(handler):
        job = platform.submit("words")
        await job.finished()
    assert job.outputs == ["Guten", "Tag", "ä€😀"]


async def test_a_stream_post_is_tried_three_times_and_the_result_is_whole(platform: Platform, handler: Handler) -> None:
    platform.fail_next("stream", 3)
    async with loop(handler):
        job = platform.submit("words")
        assert await job.finished() is Status.COMPLETED
    assert job.outputs == ["Tag", "ä€😀"]
    assert job.done == {"output": ["Guten", "Tag", "ä€😀"]}


async def test_a_result_is_delivered_when_the_platform_comes_back(
    platform: Platform, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman.platforms.runpod.posts.DONE_PAUSES", (0.01,) * 6)
    platform.drop_next("done", 3)
    platform.fail_next("done", 3)
    async with loop(handler):
        assert await platform.submit("words").finished() is Status.COMPLETED


async def test_a_post_that_the_platform_refuses_is_not_repeated(platform: Platform, handler: Handler) -> None:
    platform.fail_next("done", 1, 404)
    async with loop(handler):
        platform.submit("words")
        await eventually(lambda: len(platform.calls("done")) == 1 and not handler.running)
        await platform.submit("words").finished()
    assert len(platform.calls("done")) == 2


async def test_what_runs_is_finished_after_the_last_take(platform: Platform, handler: Handler) -> None:
    async with loop(handler) as stop:
        job = platform.submit("gated")
        await job.first_item()
        await eventually(lambda: platform.open_polls == 1)
        stop()
        await eventually(lambda: platform.open_polls == 0)
        left = platform.submit("words")
        handler.gate.set()
        assert await job.finished() is Status.COMPLETED
    assert left.status is Status.IN_QUEUE


async def test_a_worker_that_is_refreshed_says_so_and_ends(platform: Platform, handler: Handler) -> None:
    from dragoman.platforms.runpod.sdk import Loop

    job = platform.submit("words")
    async with asyncio.timeout(60):
        await Loop(handler, 1, refresh=True).run()  # type: ignore[arg-type]
    assert job.done == {"output": ["Guten", "Tag", "ä€😀"], "stopPod": True}


async def test_a_bug_costs_one_job_only(platform: Platform, handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    async with loop(handler):
        broken, whole = platform.submit("broken"), platform.submit("words")
        assert await broken.finished() is Status.FAILED
        assert await whole.finished() is Status.COMPLETED
    assert broken.done is not None
    assert "Internal error" in str(broken.done["error"])
    assert "RuntimeError: a bug" in caplog.text


@pytest.mark.parametrize("jobs", [[{"input": "words"}], ["words"], [{"id": 7, "input": "words"}], [None]])
async def test_a_job_without_an_id_is_left(
    platform: Platform, handler: Handler, jobs: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from runpod.serverless.modules.rp_job import get_job as fetch

    first = iter([jobs])

    async def get_job(session: object, count: int) -> object:
        return next(first, None) or await fetch(session, count)

    monkeypatch.setattr("runpod.serverless.modules.rp_scale.get_job", get_job)
    async with loop(handler):
        assert await platform.submit("words").finished() is Status.COMPLETED
    assert len(handler.ended) == 1


async def test_pings_name_the_jobs_in_progress(platform: Platform, handler: Handler) -> None:
    from dragoman.platforms.runpod.sdk import Pings

    async with loop(handler):
        job: Job = platform.submit("gated")
        await job.first_item()
        pings = Pings(0.5)
        pings.PING_URL = platform.environment()["RUNPOD_WEBHOOK_PING"].replace("$RUNPOD_POD_ID", "worker")
        await asyncio.to_thread(pings._send_ping)
    assert platform.calls("ping")[0].query["job_id"] == job.id
