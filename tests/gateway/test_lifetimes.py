from pathlib import Path

import pytest

from dragoman.gateway.jobs import Change
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.lifetimes import SPARE_PAGES
from dragoman.gateway.states import Kind, Status
from dragoman.gateway.submissions import Submission
from dragoman.gateway.terms import Terms
from tests.gateway.samples import DONE, job, status, submission, submit, taken

PAGE = 4096


def test_without_jobs_nothing_is_to_be_swept(ledger: Ledger) -> None:
    assert (ledger.next_sweep(), ledger.sweep(now=1e9)) == (None, [])


def test_an_unfinished_job_is_deleted_when_its_time_is_over(ledger: Ledger) -> None:
    ledger.submit(submission("runs", ttl=20), now=0)
    ledger.submit(submission("waits", ttl=20), now=0)
    taken(ledger, "w")
    assert (ledger.next_sweep(), ledger.sweep(now=19.9)) == (20, [])
    assert sorted(ledger.sweep(now=20), key=lambda change: change.id) == [
        Change("runs", None, "w"),
        Change("waits", None, None),
    ]
    assert (ledger.job("runs"), ledger.job("waits")) == (None, None)


@pytest.mark.parametrize(("kind", "kept"), [(Kind.RUN, 1800), (Kind.RUNSYNC, 60), (Kind.OPENAI, 60)])
def test_how_long_a_finished_job_is_kept(ledger: Ledger, kind: Kind, kept: float) -> None:
    ledger.submit(submission("a", kind, ttl=20), now=0)
    taken(ledger, "w")
    ledger.finish("a", "w", DONE, now=10)
    assert (ledger.next_sweep(), ledger.sweep(now=10 + kept - 1)) == (10 + kept, [])
    assert ledger.sweep(now=10 + kept) == [Change("a", None, None)]
    assert ledger.counts().completed == 1


@pytest.mark.parametrize(("ttl", "kept"), [(7.0, 7), (0.0, 0), (-5.0, 0), (1e9, 604800)])
def test_a_client_says_how_long_a_job_is_kept(ledger: Ledger, ttl: float, kept: float) -> None:
    submit(ledger, "finished", "runs")
    taken(ledger, "w", most=2)
    ledger.finish("finished", "w", DONE, now=10)
    for name in ("finished", "runs", "unknown"):
        ledger.keep_for(name, ttl, now=100)
    assert (job(ledger, "finished").expires_at, job(ledger, "runs").expires_at) == (100 + kept, 86400)
    ledger.finish("runs", "w", DONE, now=200)
    assert job(ledger, "runs").expires_at == 200 + kept


@pytest.mark.parametrize(("asked", "allowed"), [(None, 600), (5.0, 5), (3600.0, 3600)])
def test_a_job_that_runs_too_long_times_out(ledger: Ledger, asked: float | None, allowed: float) -> None:
    ledger.submit(submission("a", execution_timeout=asked), now=0)
    taken(ledger, "w", now=100)
    ledger.seen("w", None, now=10_000)
    assert (ledger.next_sweep(), ledger.sweep(now=100 + allowed - 0.1)) == (100 + allowed, [])
    assert ledger.sweep(now=100 + allowed) == [Change("a", Status.TIMED_OUT, "w")]
    late = job(ledger, "a")
    assert (late.error, late.execution_time) == (f"The job ran longer than its {allowed} seconds.", allowed * 1000)
    assert ledger.counts().failed == 1


def test_the_time_at_a_worker_begins_anew_with_each(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w", now=0)
    ledger.lose("w", now=590)
    taken(ledger, "v", now=590)
    ledger.seen("v", None, now=2000)
    assert (ledger.next_sweep(), ledger.sweep(now=1189)) == (1190, [])


def test_a_silent_worker_is_lost(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w", now=0)
    assert (ledger.next_sweep(), ledger.sweep(now=29.9)) == (30, [])
    assert ledger.sweep(now=30) == [Change("a", Status.IN_QUEUE, "w")]
    taken(ledger, "v", now=40)
    assert ledger.sweep(now=70) == [Change("a", Status.FAILED, "v")]


def test_after_a_start_workers_have_time_to_show_up(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "jobs.db", Terms(), now=0)
    submit(ledger, "a")
    taken(ledger, "w", now=0)
    ledger.close()
    ledger = Ledger(tmp_path / "jobs.db", Terms(), now=100)
    assert (ledger.next_sweep(), ledger.sweep(now=129), status(ledger, "a")) == (130, [], "IN_PROGRESS")
    assert ledger.finish("a", "w", DONE, now=129)
    ledger.close()


def test_a_job_is_kept_until_its_webhook_was_told(ledger: Ledger) -> None:
    ledger.submit(submission("a", Kind.RUNSYNC, webhook="http://h/"), now=0)
    taken(ledger, "w")
    ledger.finish("a", "w", DONE, now=1)
    assert (ledger.next_sweep(), ledger.sweep(now=100)) == (None, [])
    (told,) = ledger.due_webhooks(now=100, most=1)
    ledger.webhook_tried(told, accepted=True, now=101)
    assert (ledger.next_sweep(), ledger.sweep(now=101)) == (61, [Change("a", None, None)])


def test_what_has_expired_gives_its_room_back(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    ledger = Ledger(path, Terms(), now=0)
    ledger.submit(Submission("large", Kind.RUN, b'"' + b"x" * 30_000_000 + b'"'), now=0)
    taken(ledger, "w")
    ledger.finish("large", "w", DONE, now=0)
    ledger.sweep(now=1800)
    ledger.close()
    assert path.stat().st_size < (SPARE_PAGES + 100) * PAGE
