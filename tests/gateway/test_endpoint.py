import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from dragoman.gateway import endpoint as endpoints
from dragoman.gateway import workers
from dragoman.gateway.archive import Archive
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.errors import BadRequestError, NotFoundError, WorkerLostError
from dragoman.gateway.jobs import Result
from dragoman.gateway.states import Kind, Status
from dragoman.gateway.terms import KEPT, Terms
from dragoman.gateway.workers import State
from tests.gateway.samples import DONE, FAILURE, submission
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

LONG = 60.0
SHORT = 0.05
T = TypeVar("T")


@asynccontextmanager
async def opened(directory: Path, terms: Terms) -> AsyncIterator[Endpoint]:
    async with Archive(directory / "jobs.db", terms) as archive, Endpoint(archive, terms) as endpoint:
        yield endpoint


@pytest.fixture
def terms() -> Terms:
    return Terms()


@pytest.fixture
async def endpoint(anyio_backend: str, tmp_path: Path, terms: Terms) -> AsyncIterator[Endpoint]:
    async with opened(tmp_path, terms) as endpoint:
        yield endpoint


async def started(waiting: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A wait that has begun, and would have ended by now if there was nothing to wait for."""
    task = asyncio.create_task(waiting)
    await asyncio.sleep(SHORT)
    assert not task.done()
    return task


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def submit(endpoint: Endpoint, *ids: str, low_priority: bool = False) -> None:
    for job_id in ids:
        await endpoint.submit(submission(job_id, low_priority=low_priority))


async def run(endpoint: Endpoint, job_id: str, worker: str = "w") -> None:
    """Has the worker take the job, which is alone in the queue."""
    await submit(endpoint, job_id)
    assert await take(endpoint, worker) == [job_id]


async def take(endpoint: Endpoint, worker: str = "w", most: int = 1, hold: float = LONG) -> list[str]:
    return [job.id for job in await endpoint.take(worker, most, hold)]


async def status(endpoint: Endpoint, job_id: str) -> Status:
    return (await endpoint.job(job_id)).status


async def becomes(endpoint: Endpoint, job_id: str, state: Status) -> None:
    async def is_so() -> bool:
        return await status(endpoint, job_id) is state

    await eventually(is_so)


async def is_gone(endpoint: Endpoint, job_id: str) -> bool:
    try:
        await endpoint.job(job_id)
    except NotFoundError:
        return True
    return False


# Jobs that do not exist


@pytest.mark.parametrize(
    "ask",
    [
        lambda endpoint: endpoint.job("a"),
        lambda endpoint: endpoint.finished("a", LONG),
        lambda endpoint: endpoint.drain("a", LONG),
        lambda endpoint: anext(endpoint.follow("a")),
        lambda endpoint: endpoint.cancel("a"),
        lambda endpoint: endpoint.retry("a"),
    ],
)
async def test_there_is_no_such_job(endpoint: Endpoint, ask: Callable[[Endpoint], Awaitable[object]]) -> None:
    with pytest.raises(NotFoundError):
        await ask(endpoint)


# Handing out


async def test_a_queued_job_is_handed_out_at_once(endpoint: Endpoint) -> None:
    await submit(endpoint, "a", "b")
    assert await take(endpoint, most=5) == ["a", "b"]
    job = await endpoint.job("a")
    assert (job.status, job.worker) == (Status.IN_PROGRESS, "w")


async def test_a_worker_that_waits_gets_the_next_job(endpoint: Endpoint) -> None:
    taking = await started(take(endpoint))
    await submit(endpoint, "a")
    assert await taking == ["a"]


async def test_a_poll_ends_with_nothing_when_there_is_nothing(endpoint: Endpoint) -> None:
    assert await take(endpoint, hold=SHORT) == []


async def test_each_job_goes_to_one_worker(endpoint: Endpoint) -> None:
    polls = [asyncio.create_task(take(endpoint, f"w{number}")) for number in range(20)]
    ids = [str(number) for number in range(20)]
    await asyncio.gather(*(endpoint.submit(submission(job_id)) for job_id in ids))
    taken = [job_id for jobs in await asyncio.gather(*polls) for job_id in jobs]
    assert sorted(taken) == sorted(ids)


async def test_the_worker_with_the_fewest_jobs_comes_first(endpoint: Endpoint) -> None:
    await run(endpoint, "a", "busy")
    busy = await started(take(endpoint, "busy"))
    idle = await started(take(endpoint, "idle"))
    await submit(endpoint, "b")
    assert await idle == ["b"]
    await cancelled(busy)


async def test_one_workers_batch_leaves_something_for_the_others(endpoint: Endpoint) -> None:
    await submit(endpoint, "a", "b", "c", "d")
    polls = (take(endpoint, "v", most=8), take(endpoint, "w", most=8))
    assert sorted(await asyncio.gather(*polls)) == [["a", "b"], ["c", "d"]]


async def test_a_poll_that_is_left_takes_nothing(endpoint: Endpoint) -> None:
    await cancelled(await started(take(endpoint, "gone")))
    await submit(endpoint, "a")
    assert await take(endpoint, "here") == ["a"]


@pytest.mark.parametrize("steps", range(12))
async def test_a_job_is_not_lost_when_its_poll_is_left_while_it_is_handed_out(endpoint: Endpoint, steps: int) -> None:
    taking = await started(take(endpoint, "gone"))
    submitting = asyncio.create_task(endpoint.submit(submission("a")))
    for _ in range(steps):
        await asyncio.sleep(0.0002)
    taking.cancel()
    await asyncio.wait([taking, submitting])
    if taking.cancelled():
        assert await take(endpoint, "here") == ["a"]
        assert (await endpoint.job("a")).attempts == 1
    else:
        assert taking.result() == ["a"]


async def test_what_was_not_received_keeps_its_place(endpoint: Endpoint) -> None:
    await submit(endpoint, "a", "b", "c")
    endpoint.give_back("w", await endpoint.take("w", 2, LONG))
    await becomes(endpoint, "b", Status.IN_QUEUE)
    assert await take(endpoint, most=3) == ["a", "b", "c"]
    assert (await endpoint.counts()).retried == 0


async def test_a_retired_worker_gets_nothing_and_does_not_wait(endpoint: Endpoint) -> None:
    taking = await started(take(endpoint, "retired"))
    stopping = await started(endpoint.stops("retired", LONG))
    endpoint.retire("retired")
    assert (await taking, await stopping) == ([], [])
    await submit(endpoint, "a")
    assert (await take(endpoint, "retired"), await endpoint.stops("retired", LONG)) == ([], [])
    assert await take(endpoint, "other") == ["a"]


async def test_an_unhealthy_worker_gets_nothing(endpoint: Endpoint) -> None:
    taking = await started(take(endpoint, "sick"))
    await endpoint.ping("sick", [], problem="no GPU")
    assert await taking == []


# Ends


async def test_a_finished_job_has_its_workers_result(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    assert await endpoint.finish("a", "w", Result(b'"x"', None))
    job = await endpoint.job("a")
    assert (job.status, job.output) == (Status.COMPLETED, b'"x"')
    assert endpoint.workers.view()[0].state is State.IDLE


async def test_a_late_post_changes_nothing(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.cancel("a")
    assert not await endpoint.add_items("a", "w", [b"1"])
    assert not await endpoint.progress("a", "w", b"1")
    assert not await endpoint.finish("a", "w", DONE)
    assert not await endpoint.finish("unknown", "w", DONE)
    job = await endpoint.job("a")
    assert (job.status, job.output) == (Status.CANCELLED, None)


async def test_whoever_waits_for_the_end_hears_of_it(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    waiting = await started(endpoint.finished("a", LONG))
    await endpoint.add_items("a", "w", [b"1"])
    await endpoint.finish("a", "w", DONE)
    assert (await waiting).status is Status.COMPLETED
    assert (await endpoint.finished("a", LONG)).status is Status.COMPLETED


async def test_a_wait_can_end_before_the_job(endpoint: Endpoint) -> None:
    await submit(endpoint, "a")
    assert (await endpoint.finished("a", SHORT)).status is Status.IN_QUEUE


@pytest.mark.parametrize("end", ["cancel", "purge", "time out", "expire"])
async def test_whoever_waits_hears_of_ends_that_no_worker_told_of(endpoint: Endpoint, end: str) -> None:
    timeout = SHORT if end == "time out" else None
    await endpoint.submit(submission("a", execution_timeout=timeout, ttl=4 * SHORT if end == "expire" else LONG))
    if end == "time out":
        await take(endpoint)
    waiting = await started(endpoint.finished("a"))
    if end == "cancel":
        await endpoint.cancel("a")
    if end == "purge":
        assert await endpoint.purge() == 1
    if end == "expire":
        with pytest.raises(NotFoundError):
            await waiting
    else:
        assert (await waiting).status is (Status.TIMED_OUT if end == "time out" else Status.CANCELLED)


async def test_a_final_job_stays_as_it_is_when_it_is_cancelled(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.finish("a", "w", DONE)
    assert (await endpoint.cancel("a")).status is Status.COMPLETED


async def test_a_failed_job_can_be_run_again(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.finish("a", "w", FAILURE)
    taking = await started(take(endpoint, "v"))
    assert (await endpoint.retry("a")).status is Status.IN_QUEUE
    assert await taking == ["a"]
    with pytest.raises(BadRequestError):
        await endpoint.retry("a")


async def test_the_queue_can_be_purged(endpoint: Endpoint) -> None:
    await run(endpoint, "running")
    await submit(endpoint, "a", "b")
    assert await endpoint.purge() == 2
    assert await status(endpoint, "a") is Status.CANCELLED
    assert await status(endpoint, "running") is Status.IN_PROGRESS


@pytest.mark.parametrize("terms", [Terms(kept={**KEPT, Kind.RUN: SHORT})])
async def test_a_finished_job_expires(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.finish("a", "w", DONE)
    await eventually(lambda: is_gone(endpoint, "a"))


async def test_how_long_a_job_is_kept_can_be_changed(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.finish("a", "w", DONE)
    await endpoint.keep_for("a", SHORT)
    await eventually(lambda: is_gone(endpoint, "a"))


# The log


async def test_the_log_tells_of_jobs_that_go_wrong(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    for job_id, result in (("done", DONE), ("failed", FAILURE)):
        await run(endpoint, job_id)
        await endpoint.finish(job_id, "w", result)
    await run(endpoint, "cancelled")
    await endpoint.cancel("cancelled")
    await run(endpoint, "lost", "first")
    await endpoint.lost("first")
    await take(endpoint, "second")
    await endpoint.lost("second")
    await endpoint.submit(submission("late", execution_timeout=SHORT))
    await take(endpoint)
    await becomes(endpoint, "late", Status.TIMED_OUT)
    await eventually(lambda: "late" in caplog.text)
    assert caplog.messages == [
        "job failed is FAILED at worker w",
        "job lost is IN_QUEUE again: worker first was lost",
        "job lost is FAILED: worker second was lost, and one before it",
        "job late is TIMED_OUT at worker w",
    ]


async def test_a_late_failure_is_no_news(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    await run(endpoint, "a")
    await endpoint.cancel("a")
    await endpoint.finish("a", "w", FAILURE)
    assert caplog.messages == []


# Streams


async def test_each_item_is_drained_once(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.add_items("a", "w", [b"1", b"2"])
    job, outputs = await endpoint.drain("a", LONG)
    assert (job.status, outputs) == (Status.IN_PROGRESS, [b"1", b"2"])
    await endpoint.add_items("a", "w", [b"3"])
    await endpoint.finish("a", "w", DONE)
    assert [await endpoint.drain("a", LONG) for _ in range(2)] == [
        (await endpoint.job("a"), [b"3"]),
        (await endpoint.job("a"), []),
    ]


async def test_a_drain_waits_for_the_next_item(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    draining = await started(endpoint.drain("a", LONG))
    await endpoint.add_items("a", "w", [b"1"])
    assert (await draining)[1] == [b"1"]


async def test_a_drain_does_not_wait_for_ever(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    job, outputs = await endpoint.drain("a", SHORT)
    assert (job.status, outputs) == (Status.IN_PROGRESS, [])


async def test_a_long_stream_is_drained_in_parts(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.add_items("a", "w", [b'"%s"' % (b"x" * 100_000)] * 50)
    await endpoint.finish("a", "w", DONE)
    counts = [len((await endpoint.drain("a", LONG))[1]) for _ in range(5)]
    assert counts == [16, 16, 16, 2, 0]


async def test_who_follows_a_job_gets_each_item_as_it_comes(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.add_items("a", "w", [b"1"])
    async with aclosing(endpoint.follow("a")) as items:
        assert await anext(items) == b"1"
        following = await started(anext(items))
        await endpoint.add_items("a", "w", [b"2", b"3"])
        assert [await following, await anext(items)] == [b"2", b"3"]
        following = await started(anext(items))
        await endpoint.finish("a", "w", DONE)
        with pytest.raises(StopAsyncIteration):
            await following


@pytest.mark.parametrize("count", [0, 1, 100])
async def test_what_a_finished_job_has_streamed_can_be_followed(endpoint: Endpoint, count: int) -> None:
    await run(endpoint, "a")
    outputs = [b"%d" % number for number in range(count)]
    await endpoint.add_items("a", "w", outputs)
    await endpoint.finish("a", "w", DONE)
    assert [item async for item in endpoint.follow("a")] == outputs


async def test_a_job_can_be_followed_and_drained_and_read(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.add_items("a", "w", [b"1"])
    await endpoint.finish("a", "w", DONE)
    assert [item async for item in endpoint.follow("a")] == [b"1"]
    assert (await endpoint.drain("a", LONG))[1] == [b"1"]
    assert [item.output for item in await endpoint.items("a", 0)] == [b"1"]


async def test_no_more_than_a_megabyte_is_read_at_a_time(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    sizes = (600_000, 400_000, 1, 2_000_000)
    await endpoint.add_items("a", "w", [b"1" * size for size in sizes])
    read, after = [], 0
    while items := await endpoint.items("a", after):
        read.append([len(item.output) for item in items])
        after = items[-1].number
    assert read == [[600_000, 400_000], [1], [2_000_000]]


async def test_what_was_followed_ends_when_the_job_begins_anew(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.add_items("a", "w", [b"1"])
    async with aclosing(endpoint.follow("a")) as items:
        assert await anext(items) == b"1"
        await endpoint.lost("w")
        with pytest.raises(WorkerLostError):
            await anext(items)


async def test_a_job_that_begins_anew_before_its_first_item_is_followed_on(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    async with aclosing(endpoint.follow("a")) as items:
        following = await started(anext(items))
        await endpoint.lost("w")
        assert await take(endpoint, "v") == ["a"]
        await endpoint.add_items("a", "v", [b"1"])
        assert await following == b"1"
        await endpoint.add_items("a", "v", [b"2"])
        assert await anext(items) == b"2"


# Stop signals


async def test_a_worker_is_told_to_stop_what_was_cancelled(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    stopping = await started(endpoint.stops("w", LONG))
    await endpoint.cancel("a")
    assert await stopping == ["a"]
    assert await endpoint.stops("w", SHORT) == []


async def test_it_is_told_when_it_asks(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.cancel("a")
    assert await endpoint.stops("w", LONG) == ["a"]


async def test_it_is_told_again_when_it_still_names_the_job(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.cancel("a")
    assert await endpoint.stops("w", LONG) == ["a"]
    await endpoint.ping("w", ["a"])
    assert await endpoint.stops("w", LONG) == ["a"]


async def test_a_signal_that_was_not_received_is_kept(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.cancel("a")
    endpoint.stop_again("w", await endpoint.stops("w", LONG))
    assert await endpoint.stops("w", LONG) == ["a"]


async def test_it_is_not_told_of_what_it_has_ended_itself(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await endpoint.cancel("a")
    await endpoint.finish("a", "w", DONE)
    assert await endpoint.stops("w", SHORT) == []


async def test_it_is_not_told_to_stop_what_it_has_taken_anew(endpoint: Endpoint) -> None:
    await run(endpoint, "a", "v")
    await endpoint.ping("w", ["a"])
    await endpoint.lost("v")
    assert await take(endpoint, "w") == ["a"]
    assert await endpoint.stops("w", SHORT) == []


async def test_it_is_told_to_stop_what_has_timed_out(endpoint: Endpoint) -> None:
    await endpoint.submit(submission("a", execution_timeout=SHORT))
    await take(endpoint)
    assert await endpoint.stops("w", LONG) == ["a"]
    assert await status(endpoint, "a") is Status.TIMED_OUT


# Lost workers


QUICK = Terms(lost_after=0.8)


@asynccontextmanager
async def telling(tell: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Has a worker tell something again and again, as fast as it must."""

    async def forever() -> None:
        while True:
            await tell()
            await asyncio.sleep(QUICK.lost_after / 8)

    task = asyncio.create_task(forever())
    yield
    await cancelled(task)


async def test_the_jobs_of_a_lost_worker_are_queued_again_once(endpoint: Endpoint) -> None:
    await run(endpoint, "a", "first")
    taking = await started(take(endpoint, "second"))
    await endpoint.lost("first")
    assert await taking == ["a"]
    await endpoint.lost("second")
    job = await endpoint.job("a")
    assert (job.status, job.retries) == (Status.FAILED, 1)
    assert endpoint.workers.view() == ()


async def test_a_lost_workers_polls_are_answered(endpoint: Endpoint) -> None:
    taking = await started(take(endpoint))
    stopping = await started(endpoint.stops("w", LONG))
    await endpoint.lost("w")
    assert (await taking, await stopping) == ([], [])


async def test_a_worker_that_never_came_is_shown_for_a_while(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (workers, endpoints):
        monkeypatch.setattr(module, "FAILURES_SHOWN", 0.2)
    # So that nothing else is due.
    await asyncio.sleep(SHORT)
    endpoint.expect("w")
    await endpoint.lost("w", "no GPU")
    (shown,) = endpoint.workers.view()
    assert (shown.id, shown.state, shown.problem) == ("w", State.UNHEALTHY, "no GPU")
    await eventually(lambda: endpoint.workers.view() == ())


@pytest.mark.parametrize("terms", [QUICK])
async def test_a_silent_worker_loses_its_jobs_and_is_forgotten(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await becomes(endpoint, "a", Status.IN_QUEUE)
    await eventually(lambda: not endpoint.workers.view())


@pytest.mark.parametrize("terms", [QUICK])
async def test_an_open_poll_is_a_sign_of_life_of_who_never_pings(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    polling = asyncio.create_task(endpoint.stops("w", LONG))
    await asyncio.sleep(2 * QUICK.lost_after)
    assert await status(endpoint, "a") is Status.IN_PROGRESS
    await cancelled(polling)
    await becomes(endpoint, "a", Status.IN_QUEUE)


@pytest.mark.parametrize("terms", [QUICK])
async def test_who_pings_is_alive_for_what_its_pings_name(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await run(endpoint, "b")
    polling = asyncio.create_task(endpoint.stops("w", LONG))
    async with telling(lambda: endpoint.ping("w", ["a"])):
        await becomes(endpoint, "b", Status.IN_QUEUE)
        assert await status(endpoint, "a") is Status.IN_PROGRESS
    await cancelled(polling)


@pytest.mark.parametrize("terms", [QUICK])
async def test_the_pings_of_a_worker_that_was_killed_are_no_sign_of_life(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    await cancelled(await started(endpoint.stops("w", LONG)))
    async with telling(lambda: endpoint.ping("w", ["a"])):
        await becomes(endpoint, "a", Status.IN_QUEUE)
        await eventually(lambda: endpoint.workers.view()[0].state is State.UNHEALTHY)


@pytest.mark.parametrize("terms", [QUICK])
async def test_posts_are_a_sign_of_life_for_their_job(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    async with telling(lambda: endpoint.add_items("a", "w", [b"1"])):
        await asyncio.sleep(2 * QUICK.lost_after)
        assert await status(endpoint, "a") is Status.IN_PROGRESS


# The whole


async def test_who_looks_after_the_endpoint_hears_of_changes(endpoint: Endpoint) -> None:
    with endpoint.changes() as bell:
        for change in (
            submit(endpoint, "a"),
            take(endpoint),
            endpoint.finish("a", "w", DONE),
            endpoint.ping("v", []),
            endpoint.lost("w"),
        ):
            await change
            assert await bell.rung(until=0.0)
        endpoint.expect("u")
        assert await bell.rung(until=0.0)
        endpoint.retire("u")
        assert await bell.rung(until=0.0)


async def test_demand_is_what_waits(endpoint: Endpoint) -> None:
    await submit(endpoint, "a")
    await submit(endpoint, "b", low_priority=True)
    assert (await endpoint.demand()).waiting == 1


async def test_jobs_are_listed_without_their_payloads(endpoint: Endpoint) -> None:
    await submit(endpoint, "a", "b")
    jobs = await endpoint.page(None, 1, Status.IN_QUEUE)
    assert [(job.id, job.input) for job in jobs] == [("b", b"")]


async def test_all_held_polls_are_answered_when_it_is_closed(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    polls = [
        await started(take(endpoint)),
        await started(endpoint.stops("w", LONG)),
        await started(endpoint.drain("a", LONG)),
        await started(endpoint.finished("a", LONG)),
    ]
    unheld = await started(endpoint.finished("a"))
    endpoint.close()
    job = await endpoint.job("a")
    assert await asyncio.gather(*polls) == [[], [], (job, []), job]
    assert not unheld.done()
    assert await take(endpoint) == []
    assert await endpoint.stops("w", LONG) == []
    await endpoint.finish("a", "w", DONE)
    assert (await unheld).status is Status.COMPLETED


async def test_what_was_begun_is_ended_though_its_caller_is_cancelled(endpoint: Endpoint) -> None:
    await run(endpoint, "a")
    waiting = await started(endpoint.finished("a"))
    finishing = asyncio.create_task(endpoint.finish("a", "w", DONE))
    await asyncio.sleep(0)
    await cancelled(finishing)
    assert (await waiting).status is Status.COMPLETED


async def test_nothing_is_kept_of_what_has_passed(endpoint: Endpoint) -> None:
    for number in range(20):
        await run(endpoint, str(number))
        waiting = await started(endpoint.finished(str(number)))
        await (endpoint.cancel(str(number)) if number % 2 else endpoint.finish(str(number), "w", DONE))
        await waiting
    await endpoint.lost("w")
    held = (endpoint._bells, endpoint._polls, endpoint._stops, endpoint._steps, endpoint.workers.running())
    assert [len(each) for each in held] == [0] * 5


async def test_it_goes_on_where_it_ended(tmp_path: Path) -> None:
    terms = Terms(lost_after=LONG)
    async with opened(tmp_path, terms) as endpoint:
        await run(endpoint, "running")
        await submit(endpoint, "queued")
    async with opened(tmp_path, terms) as endpoint:
        assert [(worker.id, worker.jobs) for worker in endpoint.workers.view()] == [("w", 1)]
        assert await take(endpoint, "v") == ["queued"]
        assert await endpoint.finish("running", "w", DONE)


async def test_the_jobs_of_workers_that_do_not_come_back_are_queued_again(tmp_path: Path) -> None:
    async with opened(tmp_path, QUICK) as endpoint:
        await run(endpoint, "a")
    async with opened(tmp_path, QUICK) as endpoint:
        await becomes(endpoint, "a", Status.IN_QUEUE)
