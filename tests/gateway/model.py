"""The ledger's rules once more, in plain Python and in memory: what the real one is compared with."""

from dataclasses import dataclass, field

from dragoman.gateway.jobs import Change, Job, Result
from dragoman.gateway.ledger import Counts, Demand
from dragoman.gateway.states import Status
from dragoman.gateway.submissions import Submission
from dragoman.gateway.terms import Terms

UNFINISHED = (Status.IN_QUEUE, Status.IN_PROGRESS)
RETRIABLE = (Status.FAILED, Status.TIMED_OUT)


@dataclass
class Entry:
    """A job, as far as its fields change."""

    seq: int
    submission: Submission
    kept: float
    submitted_at: float
    queued_at: float
    expires_at: float
    status: Status = Status.IN_QUEUE
    worker: str | None = None
    taken_at: float | None = None
    ended_at: float | None = None
    heard_at: float = 0
    retries: int = 0
    attempts: int = 0
    told: bytes | None = None
    error: str | None = None
    stream: list[tuple[int, bytes]] = field(default_factory=list)
    streamed: int = 0
    drained: int = 0
    call_at: float | None = None
    calls: int = 0

    def end(self, status: Status, now: float, told: bytes | None = None, error: str | None = None) -> Change:
        self.status, self.ended_at, self.expires_at, self.told, self.error = status, now, now + self.kept, told, error
        self.call_at, self.calls = (now, 0) if self.submission.webhook else (None, 0)
        return Change(self.submission.id, status, self.worker)

    def requeue(self) -> Change:
        lost = Change(self.submission.id, Status.IN_QUEUE, self.worker)
        self.status, self.worker, self.taken_at, self.told, self.stream = Status.IN_QUEUE, None, None, None, []
        return lost


class Model:
    """Every job that is there, and the counters."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.jobs: dict[str, Entry] = {}
        self.submitted = self.completed = self.failed = self.retried = 0

    def submit(self, submission: Submission, now: float) -> None:
        self.submitted += 1
        kept, ttl = self.terms.kept[submission.kind], submission.policy.ttl
        self.jobs[submission.id] = Entry(
            self.submitted, submission, kept, submitted_at=now, queued_at=now, expires_at=now + ttl
        )

    def queue(self) -> list[Entry]:
        waiting = [entry for entry in self.jobs.values() if entry.status is Status.IN_QUEUE]
        return sorted(waiting, key=lambda entry: (entry.queued_at, entry.seq))

    def running(self, worker: str | None = None) -> list[Entry]:
        running = [entry for entry in self.jobs.values() if entry.status is Status.IN_PROGRESS]
        return [entry for entry in running if worker in (None, entry.worker)]

    def retriable(self) -> list[str]:
        return [job_id for job_id, entry in self.jobs.items() if entry.status in RETRIABLE]

    def streaming(self) -> list[str]:
        return [job_id for job_id, entry in self.jobs.items() if entry.stream]

    def held(self, job_id: str, worker: str) -> Entry | None:
        return next((entry for entry in self.running(worker) if entry.submission.id == job_id), None)

    def take(self, worker: str, most: int, now: float) -> list[str]:
        entries = [entry for entry in self.queue() if entry.expires_at > now][:most]
        for entry in entries:
            entry.status, entry.worker, entry.taken_at, entry.heard_at = Status.IN_PROGRESS, worker, now, now
            entry.attempts += 1
        return [entry.submission.id for entry in entries]

    def give_back(self, job_id: str, worker: str) -> None:
        if entry := self.held(job_id, worker):
            entry.requeue()
            entry.attempts -= 1

    def add_items(self, job_id: str, worker: str, outputs: list[bytes], now: float) -> bool:
        if entry := self.held(job_id, worker):
            entry.heard_at = now
            entry.stream += enumerate(outputs, entry.streamed + 1)
            entry.streamed += len(outputs)
        return entry is not None

    def progress(self, job_id: str, worker: str, output: bytes, now: float) -> bool:
        if entry := self.held(job_id, worker):
            entry.heard_at, entry.told = now, output
        return entry is not None

    def finish(self, job_id: str, worker: str, result: Result, now: float) -> bool:
        if entry := self.held(job_id, worker):
            entry.end(Status.FAILED if result.error else Status.COMPLETED, now, result.output, result.error)
            self.failed += bool(result.error)
            self.completed += not result.error
        return entry is not None

    def cancel(self, job_id: str, now: float) -> list[Change] | None:
        entry = self.jobs.get(job_id)
        if entry is None:
            return None
        return [entry.end(Status.CANCELLED, now)] if entry.status in UNFINISHED else []

    def retry(self, job_id: str, now: float) -> None:
        entry = self.jobs[job_id]
        entry.requeue()
        entry.queued_at, entry.ended_at, entry.expires_at = now, None, now + entry.submission.policy.ttl
        entry.error, entry.call_at, entry.attempts = None, None, 0
        entry.retries += 1
        self.retried += 1

    def purge(self, now: float) -> list[Change]:
        return [entry.end(Status.CANCELLED, now) for entry in self.queue()]

    def keep_for(self, job_id: str, ttl: float, now: float) -> None:
        if entry := self.jobs.get(job_id):
            entry.kept = ttl
            if entry.status not in UNFINISHED:
                entry.expires_at = now + ttl

    def seen(self, worker: str, ids: list[str] | None, now: float) -> list[str]:
        named = [entry for entry in self.running(worker) if ids is None or entry.submission.id in ids]
        for entry in named:
            entry.heard_at = now
        done = (Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED)
        own = {job_id for job_id, entry in self.jobs.items() if entry.worker == worker and entry.status in done}
        return [job_id for job_id in ids or () if job_id not in own]

    def lose(self, worker: str, now: float) -> list[Change]:
        return [self._lose(entry, now) for entry in self.running(worker)]

    def _lose(self, entry: Entry, now: float) -> Change:
        if entry.attempts == 2:
            self.failed += 1
            return entry.end(Status.FAILED, now, error="The job's worker was lost twice; it is not tried again.")
        entry.retries += 1
        self.retried += 1
        return entry.requeue()

    def lost_at(self, entry: Entry) -> float:
        return entry.heard_at + self.terms.lost_after

    def times_out_at(self, entry: Entry) -> float:
        assert entry.taken_at is not None
        return entry.taken_at + (entry.submission.policy.execution_timeout or self.terms.execution_timeout)

    def sweep(self, now: float) -> list[Change]:
        expired = [entry for entry in self.jobs.values() if entry.expires_at <= now and entry.call_at is None]
        changes = []
        for entry in expired:
            stop = entry.worker if entry.status is Status.IN_PROGRESS else None
            changes.append(Change(entry.submission.id, None, stop))
            del self.jobs[entry.submission.id]
        for entry in self.running():
            if self.times_out_at(entry) <= now:
                allowed = entry.submission.policy.execution_timeout or self.terms.execution_timeout
                error = f"The job ran longer than its {allowed:g} seconds."
                changes.append(entry.end(Status.TIMED_OUT, now, error=error))
                self.failed += 1
        return changes + [self._lose(entry, now) for entry in self.running() if self.lost_at(entry) <= now]

    def next_sweep(self) -> float | None:
        moments = [entry.expires_at for entry in self.jobs.values() if entry.call_at is None]
        moments += [moment(entry) for entry in self.running() for moment in (self.times_out_at, self.lost_at)]
        return min(moments, default=None)

    def next_webhook(self) -> float | None:
        return min((entry.call_at for entry in self.jobs.values() if entry.call_at is not None), default=None)

    def due_webhooks(self, now: float) -> set[str]:
        due = {job_id for job_id, entry in self.jobs.items() if entry.call_at is not None and entry.call_at <= now}
        for job_id in due:
            self.jobs[job_id].call_at = now + 30
        return due

    def webhook_tried(self, job: Job, accepted: bool, now: float) -> None:
        entry = self.jobs.get(job.id)
        if entry is None or entry.retries != job.retries or entry.call_at is None:
            return
        entry.calls += 1
        entry.call_at = None if accepted or entry.calls == 3 else now + 10

    def drain(self, job_id: str, most: int) -> list[bytes]:
        entry = self.jobs.get(job_id)
        if entry is None:
            return []
        fresh = [item for item in entry.stream if item[0] > entry.drained][:most]
        entry.drained = fresh[-1][0] if fresh else entry.drained
        return [output for _, output in fresh]

    def restart(self, now: float) -> None:
        for entry in self.running():
            entry.heard_at = now
        for entry in self.jobs.values():
            entry.call_at = None if entry.call_at is None else min(entry.call_at, now + 10)

    def counts(self) -> Counts:
        return Counts(len(self.queue()), len(self.running()), self.completed, self.failed, self.retried)

    def demand(self, now: float) -> Demand:
        since = [entry.queued_at for entry in self.queue() if not entry.submission.policy.low_priority]
        return Demand(len(since), now - min(since) if since else 0.0)

    def job(self, job_id: str) -> Job | None:
        entry = self.jobs.get(job_id)
        return None if entry is None else _job(entry)


def _job(entry: Entry) -> Job:
    submission, running = entry.submission, entry.status is Status.IN_PROGRESS
    return Job(
        seq=entry.seq,
        id=submission.id,
        kind=submission.kind,
        status=entry.status,
        input=submission.input,
        webhook=submission.webhook,
        s3_config=submission.s3_config,
        low_priority=submission.policy.low_priority,
        execution_timeout=submission.policy.execution_timeout,
        submitted_at=entry.submitted_at,
        queued_at=entry.queued_at,
        taken_at=entry.taken_at,
        ended_at=entry.ended_at,
        expires_at=entry.expires_at,
        worker=entry.worker,
        retries=entry.retries,
        attempts=entry.attempts,
        progress=entry.told if running else None,
        output=None if running else entry.told,
        error=entry.error,
    )
