"""The ledger against its model, in any order of events."""

import math
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from dragoman.gateway.errors import BadRequestError
from dragoman.gateway.jobs import Change, Item, Job, Result
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.states import FINAL, Kind
from dragoman.gateway.terms import Terms
from tests.gateway.model import Model
from tests.gateway.samples import DONE, FAILURE, submission

TERMS = Terms(execution_timeout=50, lost_after=30, kept={Kind.RUN: 100, Kind.RUNSYNC: 40, Kind.OPENAI: 40})
WEEK = 604800
WORKERS = st.sampled_from(["w", "v"])
RESULTS = st.sampled_from([DONE, FAILURE, FAILURE, Result(b"[1]", "it broke"), Result(None, None)])
WHICH = st.integers(0, 3)
"""One of the jobs that are meant, counted from the newest."""
RIGHT = st.sampled_from([True, True, True, False])
"""Whether it is a job and a worker that fit, or any."""


class LedgerMachine(RuleBasedStateMachine):
    """Clients, workers and the clock do what they like; the gateway is restarted and killed in between."""

    deliveries = Bundle("deliveries")

    @initialize()
    def open(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.path = self.directory / "0.db"
        self.now = 1000.0
        self.model = Model(TERMS)
        self.ledger = Ledger(self.path, TERMS, self.now)
        self.submitted: list[str] = []
        self.gone: set[str] = set()
        self.drained: Counter[bytes] = Counter()
        self.pieces = 0
        self.files = 1

    @rule(
        count=st.integers(1, 3),
        kind=st.sampled_from(Kind),
        webhook=st.sampled_from([None, "http://h/"]),
        execution_timeout=st.sampled_from([None, 20, 500]),
        ttl=st.sampled_from([20, 20, 200, 1000]),
        low_priority=st.booleans(),
        worker=st.none() | WORKERS,
    )
    def submit(
        self,
        count: int,
        kind: Kind,
        webhook: str | None,
        execution_timeout: float | None,
        ttl: float,
        low_priority: bool,
        worker: str | None,
    ) -> None:
        """Some are taken at once: how else would much happen to them."""
        for _ in range(count):
            job_id = f"job {len(self.submitted)}"
            given = submission(job_id, kind, webhook, execution_timeout, ttl, low_priority)
            self.model.submit(given, self.now)
            assert self.ledger.submit(given, self.now) == self.model.job(job_id)
            self.submitted.append(job_id)
        if worker:
            self._take(worker, count)

    @precondition(lambda self: self.model.queue())
    @rule(worker=WORKERS, most=st.integers(0, 3))
    def take(self, worker: str, most: int) -> None:
        self._take(worker, most)

    def _take(self, worker: str, most: int) -> None:
        before = {entry.submission.id for entry in self.model.running()}
        taken = self.ledger.take(worker, most, self.now)
        assert [job.id for job in taken] == self.model.take(worker, most, self.now)
        assert taken == [self.model.job(job.id) for job in taken]
        assert before.isdisjoint(job.id for job in taken)

    @precondition(lambda self: self.model.running())
    @rule(which=WHICH, right=RIGHT, worker=WORKERS)
    def give_back(self, which: int, right: bool, worker: str) -> None:
        job_id, worker = self._run(which, right, worker)
        self.ledger.give_back([job_id], worker, self.now)
        self.model.give_back(job_id, worker)

    @precondition(lambda self: self.submitted)
    @rule(which=WHICH, right=RIGHT, worker=WORKERS, count=st.integers(0, 4))
    def add_items(self, which: int, right: bool, worker: str, count: int) -> None:
        job_id, worker = self._run(which, right, worker)
        outputs = [b"%d" % number for number in range(self.pieces, self.pieces + count)]
        self.pieces += count
        kept = self.ledger.add_items(job_id, worker, outputs, self.now)
        assert kept == self.model.add_items(job_id, worker, outputs, self.now)

    @precondition(lambda self: self.submitted)
    @rule(which=WHICH, right=RIGHT, worker=WORKERS)
    def progress(self, which: int, right: bool, worker: str) -> None:
        job_id, worker = self._run(which, right, worker)
        output = b"%d" % self.now
        kept = self.ledger.progress(job_id, worker, output, self.now)
        assert kept == self.model.progress(job_id, worker, output, self.now)

    @precondition(lambda self: self.submitted)
    @rule(which=WHICH, right=RIGHT, worker=WORKERS, result=RESULTS)
    def finish(self, which: int, right: bool, worker: str, result: Result) -> None:
        job_id, worker = self._run(which, right, worker)
        kept = self.ledger.finish(job_id, worker, result, self.now)
        assert kept == self.model.finish(job_id, worker, result, self.now)
        assert not self.ledger.finish(job_id, worker, result, self.now)

    @precondition(lambda self: self.submitted)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        job_id = self._any(which)
        assert self.ledger.cancel(job_id, self.now) == self.model.cancel(job_id, self.now)

    @precondition(lambda self: self.model.retriable())
    @rule(which=WHICH)
    def retry(self, which: int) -> None:
        job_id = pick(self.model.retriable(), which)
        job = self.ledger.retry(job_id, self.now)
        self.model.retry(job_id, self.now)
        assert job == self.model.job(job_id)

    @precondition(lambda self: self.submitted)
    @rule(which=WHICH)
    def retry_what_has_not_failed(self, which: int) -> None:
        job_id = self._any(which)
        if job_id not in self.model.jobs:
            assert self.ledger.retry(job_id, self.now) is None
        elif job_id not in self.model.retriable():
            with pytest.raises(BadRequestError):
                self.ledger.retry(job_id, self.now)

    @precondition(lambda self: self.model.queue())
    @rule()
    def purge(self) -> None:
        assert by_id(self.ledger.purge(self.now)) == by_id(self.model.purge(self.now))

    @precondition(lambda self: self.submitted)
    @rule(which=WHICH, ttl=st.sampled_from([0, 100, WEEK]))
    def keep_for(self, which: int, ttl: float) -> None:
        job_id = self._any(which)
        self.ledger.keep_for(job_id, ttl, self.now)
        self.model.keep_for(job_id, ttl, self.now)

    @precondition(lambda self: self.submitted)
    @rule(worker=WORKERS, which=st.none() | st.sets(WHICH))
    def seen(self, worker: str, which: set[int] | None) -> None:
        ids = None if which is None else list({self._any(number) for number in which})
        assert self.ledger.seen(worker, ids, self.now) == self.model.seen(worker, ids, self.now)

    @precondition(lambda self: self.model.running())
    @rule(which=WHICH, worker=WORKERS)
    def lose(self, which: int, worker: str) -> None:
        _, worker = self._run(which, True, worker)
        assert by_id(self.ledger.lose(worker, self.now)) == by_id(self.model.lose(worker, self.now))

    @rule(seconds=st.sampled_from([0, 1, 9, 29, 31]), swept=st.booleans())
    def wait(self, seconds: float, swept: bool) -> None:
        self.now += seconds
        if swept:
            self._sweep()

    @precondition(lambda self: (self.model.next_sweep() or 0) > self.now)
    @rule()
    def wait_for_the_next_sweep(self) -> None:
        moment = self.ledger.next_sweep()
        assert moment is not None
        assert self.ledger.sweep(math.nextafter(moment, 0)) == []
        self.now = moment
        assert self._sweep()

    @precondition(lambda self: self.model.next_webhook() is not None)
    @rule(target=deliveries)
    def wait_for_the_next_webhook(self) -> Job:
        self.now = max(self.now, self.ledger.next_webhook() or 0)
        due = self.ledger.due_webhooks(self.now, most=100)
        assert {job.id for job in due} == self.model.due_webhooks(self.now)
        assert [self.model.job(job.id) for job in due] == due
        return multiple(*due)  # type: ignore[return-value]

    @rule(job=deliveries, accepted=st.sampled_from([False, False, True]))
    def webhook_tried(self, job: Job, accepted: bool) -> None:
        self.ledger.webhook_tried(job, accepted, self.now)
        self.model.webhook_tried(job, accepted, self.now)

    @precondition(lambda self: self.model.streaming())
    @rule(which=WHICH, most=st.integers(1, 4), times=st.integers(1, 3))
    def drain(self, which: int, most: int, times: int) -> None:
        job_id = pick(self.model.streaming(), which)
        for _ in range(times):
            self._drain(job_id, most)

    @precondition(lambda self: self.model.running())
    @rule(killed=st.booleans())
    def restart(self, killed: bool) -> None:
        if killed:
            left, self.path = self.path, self.directory / f"{self.files}.db"
            self.files += 1
            for suffix in ("", "-wal"):
                shutil.copy(f"{left}{suffix}", f"{self.path}{suffix}")
        self.ledger.close()
        self.ledger = Ledger(self.path, TERMS, self.now)
        self.model.restart(self.now)

    def _any(self, which: int) -> str:
        return pick(self.submitted, which)

    def _run(self, which: int, right: bool, worker: str) -> tuple[str, str]:
        running = self.model.running()
        if not (right and running):
            return self._any(which), worker
        entry = running[-1 - which % len(running)]
        return entry.submission.id, entry.worker or worker

    def _drain(self, job_id: str, most: int) -> None:
        outputs = self.ledger.drain(job_id, most)
        assert outputs == self.model.drain(job_id, most)
        self.drained.update(outputs)

    def _sweep(self) -> list[Change]:
        changes = self.ledger.sweep(self.now)
        assert by_id(changes) == by_id(self.model.sweep(self.now))
        self.gone |= {change.id for change in changes if change.status is None}
        return changes

    @invariant()
    def no_job_is_lost_or_other_than_it_should_be(self) -> None:
        jobs = {job_id: self.ledger.job(job_id) for job_id in self.submitted}
        assert jobs == {job_id: self.model.job(job_id) for job_id in self.submitted}
        assert {job_id for job_id, job in jobs.items() if job is None} == self.gone

    @invariant()
    def what_is_told_of_all_jobs_agrees(self) -> None:
        assert self.ledger.counts() == self.model.counts()
        assert self.ledger.demand(self.now) == self.model.demand(self.now)
        assert self.ledger.next_sweep() == self.model.next_sweep()
        assert self.ledger.next_webhook() == self.model.next_webhook()
        listed = [job.id for job in self.ledger.page(None, 1000, None)]
        assert listed == [job_id for job_id in reversed(self.submitted) if job_id in self.model.jobs]

    @invariant()
    def streams_are_whole_and_in_order(self) -> None:
        for job_id, entry in self.model.jobs.items():
            assert self.ledger.items(job_id, 0, 1000) == [Item(*item) for item in entry.stream]

    def teardown(self) -> None:
        self._no_piece_of_a_stream_is_drained_twice()
        self._no_job_is_stuck()
        self._everything_ends()
        self.ledger.close()
        shutil.rmtree(self.directory)

    def _no_job_is_stuck(self) -> None:
        """A willing worker, once the others have been silent for long enough, finishes what there is."""
        self.now += TERMS.lost_after
        self.ledger.sweep(self.now)
        for job in self.ledger.take("willing", 1000, self.now):
            assert self.ledger.finish(job.id, "willing", DONE, self.now)
        assert {job.status for job in self.ledger.page(None, 1000, None)} <= FINAL
        assert (self.ledger.counts().in_queue, self.ledger.counts().in_progress) == (0, 0)

    def _no_piece_of_a_stream_is_drained_twice(self) -> None:
        for job_id in self.submitted:
            self._drain(job_id, 1000)
            assert self.ledger.drain(job_id, 1000) == []
        assert max(self.drained.values(), default=1) == 1

    def _everything_ends(self) -> None:
        """When the webhooks have been told and the time is over, nothing is left, neither of jobs nor of payloads."""
        for job in self.ledger.due_webhooks(self.now + WEEK, most=1000):
            self.ledger.webhook_tried(job, accepted=True, now=self.now + WEEK)
        self.ledger.sweep(self.now + WEEK)
        assert (self.ledger.next_sweep(), self.ledger.next_webhook()) == (None, None)
        for table in ("jobs", "inputs", "results", "items"):
            assert self.ledger._connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def pick(ids: Sequence[str], which: int) -> str:
    return ids[-1 - which % len(ids)]


def by_id(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: change.id)


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(deadline=None, max_examples=100, stateful_step_count=50, derandomize=True)
