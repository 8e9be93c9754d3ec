from collections.abc import Callable

import pytest

from dragoman.gateway.ledger import Ledger
from dragoman.gateway.states import Status
from tests.gateway.samples import DONE, FAILURE, submission, submit, taken


@pytest.fixture
def running(ledger: Ledger) -> Ledger:
    """A ledger with a running job that has a webhook."""
    ledger.submit(submission("a", webhook="http://h/"), now=0)
    taken(ledger, "w")
    return ledger


def due(ledger: Ledger, now: float) -> list[tuple[str, Status]]:
    return [(job.id, job.status) for job in ledger.due_webhooks(now, most=9)]


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda ledger: ledger.finish("a", "w", DONE, 700), Status.COMPLETED),
        (lambda ledger: ledger.finish("a", "w", FAILURE, 700), Status.FAILED),
        (lambda ledger: ledger.cancel("a", 700), Status.CANCELLED),
        (lambda ledger: ledger.sweep(700), Status.TIMED_OUT),
        (lambda ledger: (ledger.give_back(["a"], "w", 1), ledger.purge(700)), Status.CANCELLED),
    ],
    ids=["completed", "failed", "cancelled", "timed out", "purged"],
)
def test_every_end_is_told_at_once(running: Ledger, end: Callable[[Ledger], object], status: Status) -> None:
    assert running.next_webhook() is None
    end(running)
    assert (running.next_webhook(), due(running, now=700)) == (700, [("a", status)])


def test_without_a_webhook_nobody_is_told(ledger: Ledger) -> None:
    submit(ledger, "a")
    ledger.cancel("a", now=1)
    assert (ledger.next_webhook(), due(ledger, now=9)) == (None, [])


def test_the_longest_due_come_first(ledger: Ledger) -> None:
    for name, now in [("b", 3), ("c", 1), ("a", 2)]:
        ledger.submit(submission(name, webhook="http://h/"), now=0)
        ledger.cancel(name, now=now)
    assert [job.id for job in ledger.due_webhooks(now=9, most=2)] == ["c", "a"]


def test_three_tries_with_pauses(running: Ledger) -> None:
    running.finish("a", "w", DONE, now=1)
    tried = []
    for now in range(100):
        for job in running.due_webhooks(now, most=9):
            tried.append(now)
            running.webhook_tried(job, accepted=False, now=now)
    assert tried == [1, 11, 21]
    assert running.next_webhook() is None


def test_a_retried_job_is_told_of_three_times_again(running: Ledger) -> None:
    running.finish("a", "w", FAILURE, now=0)
    (job,) = running.due_webhooks(now=0, most=1)
    running.webhook_tried(job, accepted=False, now=0)
    running.retry("a", now=1)
    taken(running, "w", now=1)
    running.finish("a", "w", FAILURE, now=1)
    tries = 0
    while (now := running.next_webhook()) is not None:
        (job,) = running.due_webhooks(now, most=1)
        running.webhook_tried(job, accepted=False, now=now)
        tries += 1
    assert tries == 3


def test_an_accepted_one_is_told_no_more(running: Ledger) -> None:
    running.finish("a", "w", DONE, now=1)
    (job,) = running.due_webhooks(now=1, most=1)
    running.webhook_tried(job, accepted=True, now=2)
    assert (running.next_webhook(), due(running, now=1000)) == (None, [])


def test_one_that_is_being_told_is_not_due_until_it_seems_forgotten(running: Ledger) -> None:
    running.finish("a", "w", DONE, now=1)
    assert [len(due(running, now)) for now in (1, 2, 30, 31)] == [1, 0, 0, 1]


def test_a_retried_job_tells_its_next_end(running: Ledger) -> None:
    running.finish("a", "w", FAILURE, now=1)
    (first,) = running.due_webhooks(now=1, most=1)
    running.retry("a", now=1)
    assert running.next_webhook() is None
    taken(running, "w", now=1)
    running.finish("a", "w", DONE, now=1)
    running.webhook_tried(first, accepted=True, now=2)
    assert due(running, now=2) == [("a", Status.COMPLETED)]
