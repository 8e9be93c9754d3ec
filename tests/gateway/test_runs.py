from collections.abc import Callable

import pytest

from dragoman.gateway.jobs import Change, Item, Result
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.states import Status
from tests.gateway.samples import DONE, FAILURE, job, status, submit, taken

LATE: dict[str, Callable[[Ledger], object]] = {
    "another worker's": lambda ledger: None,
    "after the end": lambda ledger: ledger.finish("a", "w", FAILURE, 2),
    "after a cancel": lambda ledger: ledger.cancel("a", 2),
    "after a loss": lambda ledger: ledger.lose("w", 2),
    "after the time was over": lambda ledger: ledger.sweep(1000),
    "after another worker took it": lambda ledger: (ledger.lose("w", 2), ledger.take("v", 1, 3)),
    "after it was gone": lambda ledger: ledger.sweep(100_000),
}


@pytest.mark.parametrize(
    ("result", "end"),
    [
        (Result(b"[1]", None), Status.COMPLETED),
        (Result(None, None), Status.COMPLETED),
        (Result(None, "it broke"), Status.FAILED),
        (Result(b"[1]", "it broke"), Status.FAILED),
    ],
)
def test_the_end_of_a_job(ledger: Ledger, result: Result, end: Status) -> None:
    submit(ledger, "a")
    taken(ledger, "w", now=1)
    assert ledger.finish("a", "w", result, now=3.5)
    ended = job(ledger, "a")
    assert (ended.status, ended.output, ended.error) == (end, result.output, result.error)
    assert (ended.worker, ended.execution_time, ended.expires_at) == ("w", 2500, 1803.5)


def test_progress_is_there_while_the_job_runs(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w")
    assert ledger.progress("a", "w", b"1", now=1)
    assert ledger.progress("a", "w", b"2", now=2)
    running = job(ledger, "a")
    ledger.finish("a", "w", Result(None, None), now=3)
    ended = job(ledger, "a")
    assert [(running.progress, running.output), (ended.progress, ended.output)] == [(b"2", None), (None, None)]


@pytest.mark.parametrize("before", LATE.values(), ids=LATE)
def test_a_late_post_changes_nothing(ledger: Ledger, before: Callable[[Ledger], object]) -> None:
    submit(ledger, "a")
    taken(ledger, "w")
    ledger.add_items("a", "w", [b"0"], now=1)
    before(ledger)
    worker = "x" if status(ledger, "a") is Status.IN_PROGRESS and job(ledger, "a").worker == "w" else "w"
    then, items, counts = ledger.job("a"), ledger.items("a", 0, 10), ledger.counts()
    assert not ledger.add_items("a", worker, [b"1"], now=4)
    assert not ledger.progress("a", worker, b"1", now=4)
    assert not ledger.finish("a", worker, DONE, now=4)
    assert (ledger.job("a"), ledger.items("a", 0, 10), ledger.counts()) == (then, items, counts)


def test_a_stream_is_drained_once_and_in_order(ledger: Ledger) -> None:
    submit(ledger, "a", "b")
    taken(ledger, "w", most=2)
    ledger.add_items("a", "w", [b"1", b"2", b"3"], now=1)
    ledger.add_items("b", "w", [b"x"], now=1)
    first = ledger.drain("a", 2)
    ledger.add_items("a", "w", [b"4"], now=2)
    ledger.finish("a", "w", DONE, now=3)
    assert [first, ledger.drain("a", 9), ledger.drain("a", 9)] == [[b"1", b"2"], [b"3", b"4"], []]
    assert (ledger.drain("b", 9), ledger.drain("unknown", 9)) == ([b"x"], [])


def test_a_stream_is_read_without_draining(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w")
    ledger.add_items("a", "w", [b"1", b"2", b"3"], now=1)
    assert ledger.items("a", 0, 2) == [Item(1, b"1"), Item(2, b"2")]
    assert ledger.items("a", 2, 9) == [Item(3, b"3")]
    assert ledger.items("unknown", 0, 9) == []
    assert ledger.drain("a", 9) == [b"1", b"2", b"3"]


def test_who_follows_a_job_that_runs_again_sees_what_it_streams_then(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w")
    ledger.add_items("a", "w", [b"1", b"2"], now=1)
    ledger.drain("a", 1)
    ledger.lose("w", now=2)
    taken(ledger, "v", now=3)
    ledger.add_items("a", "v", [b"1"], now=3)
    assert (ledger.items("a", 2, 9), ledger.drain("a", 9)) == ([Item(3, b"1")], [b"1"])


def test_the_jobs_of_a_lost_worker_go_back_to_their_places(ledger: Ledger) -> None:
    submit(ledger, "a", "b", now=0)
    taken(ledger, "w", now=1)
    ledger.progress("a", "w", b"1", now=1)
    assert ledger.lose("w", now=5) == [Change("a", Status.IN_QUEUE, "w")]
    lost = job(ledger, "a")
    assert (lost.worker, lost.taken_at, lost.progress, lost.retries, lost.queued_at) == (None, None, None, 1, 0)
    assert ledger.counts().retried == 1
    assert taken(ledger, "v", most=2) == ["a", "b"]


def test_a_job_that_loses_two_workers_fails(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w")
    ledger.lose("w", now=1)
    taken(ledger, "v")
    assert ledger.lose("v", now=2) == [Change("a", Status.FAILED, "v")]
    failed = job(ledger, "a")
    assert failed.error == "The job's worker was lost twice; it is not tried again."
    assert (failed.worker, failed.retries, ledger.counts().failed) == ("v", 1, 1)


def test_a_retried_job_may_lose_a_worker_again(ledger: Ledger) -> None:
    submit(ledger, "a")
    for worker in ("w", "v"):
        taken(ledger, worker)
        ledger.lose(worker, now=1)
    ledger.retry("a", now=2)
    taken(ledger, "u", now=2)
    ledger.lose("u", now=3)
    assert (status(ledger, "a"), job(ledger, "a").retries) == (Status.IN_QUEUE, 3)


def test_only_the_jobs_of_that_worker_are_lost(ledger: Ledger) -> None:
    submit(ledger, "a", "b", "c")
    taken(ledger, "w", most=2)
    taken(ledger, "v")
    ledger.finish("b", "w", DONE, now=1)
    assert [change.id for change in ledger.lose("w", now=2)] == ["a"]
    assert ledger.lose("unknown", now=2) == []


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        (lambda ledger: None, []),
        (lambda ledger: ledger.finish("a", "w", DONE, 2), []),
        (lambda ledger: ledger.finish("a", "w", FAILURE, 2), []),
        (lambda ledger: ledger.cancel("a", 2), ["a"]),
        (lambda ledger: ledger.sweep(1000), ["a"]),
        (lambda ledger: ledger.sweep(100_000), ["a"]),
        (lambda ledger: ledger.lose("w", 2), ["a"]),
        (lambda ledger: (ledger.lose("w", 2), ledger.take("v", 1, 3)), ["a"]),
        (lambda ledger: (ledger.lose("w", 2), ledger.take("v", 1, 3), ledger.finish("a", "v", DONE, 4)), ["a"]),
    ],
    ids=["runs", "completed", "failed", "cancelled", "timed out", "gone", "queued", "moved", "done elsewhere"],
)
def test_what_a_worker_is_told_to_stop(ledger: Ledger, meanwhile: Callable[[Ledger], object], told: list[str]) -> None:
    submit(ledger, "a")
    taken(ledger, "w", now=1)
    meanwhile(ledger)
    assert ledger.seen("w", ["a"], now=5) == told


@pytest.mark.parametrize(("ids", "lost"), [(None, []), (["a", "b"], []), (["b"], ["a"]), ([], ["a", "b"])])
def test_a_worker_is_alive_for_the_jobs_that_it_names(ledger: Ledger, ids: list[str] | None, lost: list[str]) -> None:
    submit(ledger, "a", "b")
    taken(ledger, "w", most=2)
    ledger.seen("w", ids, now=29)
    assert sorted(change.id for change in ledger.sweep(now=31)) == lost


@pytest.mark.parametrize(
    "post",
    [
        lambda ledger: ledger.add_items("a", "w", [b"1"], 29),
        lambda ledger: ledger.progress("a", "w", b"1", 29),
    ],
    ids=["items", "progress"],
)
def test_a_post_shows_that_the_job_is_alive(ledger: Ledger, post: Callable[[Ledger], bool]) -> None:
    submit(ledger, "a", "b")
    taken(ledger, "w", most=2)
    post(ledger)
    assert [change.id for change in ledger.sweep(now=31)] == ["b"]
