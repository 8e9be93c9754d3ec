import pytest

from dragoman.gateway.errors import BadRequestError
from dragoman.gateway.jobs import Change
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.policy import Policy
from dragoman.gateway.states import Kind, Status
from dragoman.gateway.submissions import Submission
from tests.gateway.samples import DONE, FAILURE, job, status, submission, submit, taken


def test_a_new_job(ledger: Ledger) -> None:
    new = ledger.submit(
        Submission("a", Kind.RUNSYNC, b'{"x":1}', "http://h/", b'{"bucketName":"b"}', Policy(7, 100, True)), now=50
    )
    assert new == ledger.job("a")
    assert (new.kind, new.status, new.input, new.webhook) == (Kind.RUNSYNC, Status.IN_QUEUE, b'{"x":1}', "http://h/")
    assert (new.s3_config, new.execution_timeout, new.low_priority) == (b'{"bucketName":"b"}', 7, True)
    assert (new.submitted_at, new.queued_at, new.expires_at) == (50, 50, 150)
    assert (new.taken_at, new.ended_at, new.worker, new.retries, new.attempts) == (None, None, None, 0, 0)
    assert (new.progress, new.output, new.error) == (None, None, None)


def test_jobs_are_taken_in_the_order_in_which_they_came(ledger: Ledger) -> None:
    submit(ledger, "c", "a", now=1)
    submit(ledger, "b", now=2)
    assert taken(ledger, "w", most=2) + taken(ledger, "v", most=5) + taken(ledger, "w") == ["c", "a", "b"]


@pytest.mark.parametrize("most", [0, -1])
def test_a_worker_without_a_free_slot_takes_nothing(ledger: Ledger, most: int) -> None:
    submit(ledger, "a")
    assert taken(ledger, "w", most) == []


def test_a_taken_job(ledger: Ledger) -> None:
    submit(ledger, "a", now=10)
    (given,) = ledger.take("w", 1, now=12.5)
    assert given == ledger.job("a")
    assert (given.status, given.worker, given.taken_at, given.attempts) == (Status.IN_PROGRESS, "w", 12.5, 1)
    assert (given.input, given.delay_time, given.execution_time) == (b'"a"', 2500, None)


def test_low_priority_jobs_have_their_turn(ledger: Ledger) -> None:
    ledger.submit(submission("low", low_priority=True), now=1)
    ledger.submit(submission("high"), now=2)
    assert taken(ledger, "w", most=2) == ["low", "high"]


def test_a_job_whose_time_is_over_is_not_handed_out(ledger: Ledger) -> None:
    ledger.submit(submission("a", ttl=10), now=0)
    assert (taken(ledger, "w", now=10), status(ledger, "a")) == ([], Status.IN_QUEUE)


def test_a_job_that_nobody_received_is_as_before(ledger: Ledger) -> None:
    submit(ledger, "a", "b")
    before = job(ledger, "a")
    taken(ledger, "w")
    ledger.give_back(["a"], "w", now=3)
    assert job(ledger, "a") == before
    assert ledger.counts().retried == 0
    assert taken(ledger, "w") == ["a"]


def test_only_a_holder_gives_back(ledger: Ledger) -> None:
    submit(ledger, "a", "b")
    taken(ledger, "w", most=2)
    ledger.finish("b", "w", DONE, now=1)
    ledger.give_back(["a"], "v", now=2)
    ledger.give_back(["b", "unknown"], "w", now=2)
    assert (status(ledger, "a"), status(ledger, "b")) == (Status.IN_PROGRESS, Status.COMPLETED)


def test_a_queued_job_is_cancelled(ledger: Ledger) -> None:
    submit(ledger, "a")
    assert ledger.cancel("a", now=1) == [Change("a", Status.CANCELLED, None)]
    assert (taken(ledger, "w"), status(ledger, "a")) == ([], Status.CANCELLED)


def test_a_running_job_is_cancelled_and_its_worker_told(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w", now=1)
    ledger.progress("a", "w", b"1", now=1)
    assert ledger.cancel("a", now=3) == [Change("a", Status.CANCELLED, "w")]
    cancelled = job(ledger, "a")
    assert (cancelled.worker, cancelled.execution_time, cancelled.output, cancelled.error) == ("w", 2000, None, None)


def test_a_final_job_is_not_cancelled(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w")
    ledger.finish("a", "w", DONE, now=1)
    assert (ledger.cancel("a", now=2), status(ledger, "a")) == ([], Status.COMPLETED)


def test_what_is_not_there_is_neither_cancelled_nor_retried(ledger: Ledger) -> None:
    assert (ledger.cancel("a", now=0), ledger.retry("a", now=0)) == (None, None)


def test_a_retried_job_begins_anew(ledger: Ledger) -> None:
    ledger.submit(submission("a", ttl=100), now=0)
    submit(ledger, "b", now=1)
    taken(ledger, "w", now=1)
    ledger.add_items("a", "w", [b"1"], now=1)
    ledger.finish("a", "w", FAILURE, now=2)
    again = ledger.retry("a", now=50)
    assert again == job(ledger, "a")
    assert (again.status, again.input, again.error, again.worker) == (Status.IN_QUEUE, b'"a"', None, None)
    assert (again.submitted_at, again.queued_at, again.expires_at) == (0, 50, 150)
    assert (again.retries, again.attempts, ledger.counts().retried) == (1, 0, 1)
    assert (ledger.drain("a", 10), ledger.items("a", 0, 10)) == ([], [])
    assert taken(ledger, "w", most=2, now=51) == ["b", "a"]


@pytest.mark.parametrize("end", [None, "take", "cancel", "finish"])
def test_only_a_failed_job_is_retried(ledger: Ledger, end: str | None) -> None:
    submit(ledger, "a")
    if end in ("take", "finish"):
        taken(ledger, "w")
    if end == "finish":
        ledger.finish("a", "w", DONE, now=1)
    if end == "cancel":
        ledger.cancel("a", now=1)
    with pytest.raises(BadRequestError, match="only a job that has failed or timed out can be retried"):
        ledger.retry("a", now=2)


def test_a_purge_leaves_what_runs(ledger: Ledger) -> None:
    submit(ledger, "running", "b", "c")
    taken(ledger, "w")
    assert sorted(change.id for change in ledger.purge(now=1)) == ["b", "c"]
    assert [status(ledger, name) for name in ("running", "b", "c")] == ["IN_PROGRESS", "CANCELLED", "CANCELLED"]
    assert ledger.purge(now=2) == []
