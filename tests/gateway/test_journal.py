import logging

import pytest

from dragoman.gateway import journal
from dragoman.gateway.jobs import Change
from dragoman.gateway.states import Status


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (Change("a", Status.IN_QUEUE, "w"), ["job a is IN_QUEUE again: worker w was lost"]),
        (Change("a", Status.FAILED, "w"), ["job a is FAILED: worker w was lost, and one before it"]),
        (Change("a", Status.TIMED_OUT, "w"), ["job a is TIMED_OUT at worker w"]),
        (Change("a", Status.TIMED_OUT, "w\n\x1b[2J"), ["job a is TIMED_OUT at worker w??[2J"]),
        (Change("a", Status.CANCELLED, "w"), []),
        (Change("a", Status.CANCELLED, None), []),
        (Change("a", None, "w"), []),
    ],
)
def test_what_has_become_of_a_job_without_its_worker(
    caplog: pytest.LogCaptureFixture, change: Change, lines: list[str]
) -> None:
    caplog.set_level(logging.INFO)
    journal.changed(change)
    assert caplog.messages == lines


def test_a_job_that_has_failed_at_its_worker(caplog: pytest.LogCaptureFixture) -> None:
    journal.failed("a", "w\n")
    assert caplog.messages == ["job a is FAILED at worker w?"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("fleet-1", "fleet-1"), ("a\x1b[2Jb\nc", "a?[2Jb?c"), ("é", "é"), ("x" * 300, "x" * journal.LONGEST)],
)
def test_nobody_else_writes_to_the_terminal(text: str, shown: str) -> None:
    assert journal.plain(text) == shown
