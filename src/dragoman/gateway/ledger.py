"""The ledger: every job of the endpoint, in one SQLite file that survives the gateway."""

from dataclasses import dataclass
from pathlib import Path

from dragoman.errors import ConfigurationError
from dragoman.gateway import schema
from dragoman.gateway.callbacks import PAUSE, Callbacks
from dragoman.gateway.jobs import Job
from dragoman.gateway.lifetimes import Lifetimes
from dragoman.gateway.queue import Queue
from dragoman.gateway.records import job_of
from dragoman.gateway.states import Status
from dragoman.gateway.terms import Terms

_LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jobs there are, and how many there have been since the file was made.

    Attributes:
        in_queue: now.
        in_progress: now.
        completed: ever.
        failed: ever, those that timed out included.
        retried: how often a job was queued again.
    """

    in_queue: int
    in_progress: int
    completed: int
    failed: int
    retried: int


@dataclass(frozen=True, slots=True)
class Demand:
    """What the queue asks of the number of workers; jobs of low priority ask for nothing.

    Attributes:
        waiting: how many jobs are queued.
        oldest: seconds that the first of them has waited.
    """

    waiting: int
    oldest: float


class Ledger(Queue, Lifetimes, Callbacks):
    """Every job, from its submission until it expires. Each method is one transaction; times are passed in.

    It is for one thread. What a method has returned is in the file, whatever happens to the process.

    Args:
        path: the file; made where there is none.
        terms: what holds for every job.
        now: the time; workers have ``lost_after`` from now on to show that they still run their jobs.

    Raises:
        ConfigurationError: the file cannot be used; the message says why.
    """

    def __init__(self, path: Path | str, terms: Terms, now: float) -> None:
        path = Path(path).absolute()
        super().__init__(path, terms)
        try:
            with schema.explained(path), self._transaction() as db:
                db.execute("UPDATE jobs SET lost_at = ? WHERE status = 'IN_PROGRESS'", (now + terms.lost_after,))
                # Whoever was delivering webhooks is no more.
                again = now + PAUSE
                db.execute(
                    "UPDATE jobs INDEXED BY calling_back SET webhook_at = ? WHERE webhook_at > ?", (again, again)
                )
        except ConfigurationError:
            self.close()
            raise

    def job(self, job_id: str) -> Job | None:
        """The job with this id."""
        row = self._connection.execute("SELECT * FROM whole WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else job_of(row)

    def page(self, before: int | None, most: int, status: Status | None) -> list[Job]:
        """Lists jobs, the newest first, without their payloads and with the beginnings of their errors.

        Args:
            before: only those with a lower ``seq``.
            most: how many.
            status: only those in this state.
        """
        last = _LATEST if before is None else before
        if status is None:
            rows = self._connection.execute(
                "SELECT * FROM listed WHERE seq < ? ORDER BY seq DESC LIMIT ?", (last, most)
            )
        else:
            rows = self._connection.execute(
                "SELECT * FROM listed WHERE status = ? AND seq < ? ORDER BY seq DESC LIMIT ?", (status, last, most)
            )
        return [job_of(row) for row in rows]

    def counts(self) -> Counts:
        """The endpoint's counters."""
        row = self._connection.execute(
            "SELECT in_queue, in_progress, completed, failed, retried FROM counters"
        ).fetchone()
        return Counts(*row)

    def demand(self, now: float) -> Demand:
        """What the queue asks for at this moment."""
        waiting, since = self._connection.execute(
            """SELECT waiting, (
                SELECT min(queued_at) FROM jobs INDEXED BY waiting WHERE status = 'IN_QUEUE' AND NOT low_priority
            ) FROM counters"""
        ).fetchone()
        return Demand(waiting, 0.0 if since is None else max(0.0, now - since))
