"""The queue: what clients put into it, and who takes from it."""

import sqlite3
from collections.abc import Collection

from dragoman.gateway.errors import BadRequestError
from dragoman.gateway.jobs import Change, Job
from dragoman.gateway.records import Records
from dragoman.gateway.states import Status
from dragoman.gateway.submissions import Submission


class Queue(Records):
    """The part of the ledger that puts jobs into the queue and takes them from it."""

    def submit(self, submission: Submission, now: float) -> Job:
        """Queues a job; it is in the file when this returns."""
        with self._transaction() as db:
            seq = _insert(db, submission, self._terms.kept[submission.kind], now)
            return self._whole([seq])[0]

    def take(self, worker: str, most: int, now: float) -> list[Job]:
        """Hands queued jobs to a worker, those first that have waited longest.

        Args:
            worker: who runs them from now on.
            most: how many it takes.
            now: the time.

        Returns:
            The jobs, in the order of the queue.
        """
        with self._transaction() as db:
            taken = db.execute(
                """UPDATE jobs SET status = 'IN_PROGRESS', worker = :worker, attempts = attempts + 1, taken_at = :now,
                    times_out_at = :now + coalesce(execution_timeout, :execution_timeout), lost_at = :now + :lost_after
                WHERE seq IN (
                    SELECT seq FROM jobs INDEXED BY queued WHERE status = 'IN_QUEUE' AND expires_at > :now
                    ORDER BY queued_at, seq LIMIT :most
                ) RETURNING queued_at, seq""",
                {
                    "worker": worker,
                    "most": max(most, 0),
                    "now": now,
                    "execution_timeout": self._terms.execution_timeout,
                    "lost_after": self._terms.lost_after,
                },
            ).fetchall()
            return self._whole(seq for _, seq in sorted(taken))

    def give_back(self, ids: Collection[str], worker: str, now: float) -> None:
        """Puts jobs back that the worker has never received: as if they had not been taken."""
        with self._transaction():
            for job_id in ids:
                seq = self._held(job_id, worker, now)
                if seq is not None:
                    self._requeue(seq, retries=0, attempts=-1)

    def cancel(self, job_id: str, now: float) -> list[Change] | None:
        """Ends a job at its client's wish.

        Returns:
            What has changed: nothing, where the job was final. None: there is no such job.
        """
        with self._transaction() as db:
            row = db.execute("SELECT seq, ended_at FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if row is None:
                return None
            seq, ended_at = row
            return [self._end(seq, Status.CANCELLED, now)] if ended_at is None else []

    def retry(self, job_id: str, now: float) -> Job | None:
        """Queues a failed job again, behind those that wait; its time to live begins anew.

        Returns:
            The job. None: there is no such job.

        Raises:
            BadRequestError: it has neither failed nor timed out.
        """
        with self._transaction() as db:
            row = db.execute("SELECT seq, status FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if row is None:
                return None
            seq, status = row
            if status not in (Status.FAILED, Status.TIMED_OUT):
                raise BadRequestError("only a job that has failed or timed out can be retried")
            self._forget(seq)
            db.execute(
                """UPDATE jobs SET status = 'IN_QUEUE', worker = NULL, queued_at = :now, taken_at = NULL,
                    ended_at = NULL, expires_at = :now + ttl, retries = retries + 1, attempts = 0, webhook_at = NULL
                WHERE seq = :seq""",
                {"seq": seq, "now": now},
            )
            return self._whole([seq])[0]

    def purge(self, now: float) -> list[Change]:
        """Cancels every queued job; those that run go on."""
        with self._transaction() as db:
            queued = db.execute("SELECT seq FROM jobs INDEXED BY queued WHERE status = 'IN_QUEUE'").fetchall()
            return [self._end(seq, Status.CANCELLED, now) for (seq,) in queued]


def _insert(db: sqlite3.Connection, submission: Submission, kept: float, now: float) -> int:
    policy = submission.policy
    (seq,) = db.execute(
        """INSERT INTO jobs (id, kind, webhook, low_priority, execution_timeout, ttl, kept,
            submitted_at, queued_at, expires_at)
        VALUES (:id, :kind, :webhook, :low_priority, :execution_timeout, :ttl, :kept, :now, :now, :now + :ttl)
        RETURNING seq""",
        {
            "id": submission.id,
            "kind": submission.kind,
            "webhook": submission.webhook,
            "low_priority": policy.low_priority,
            "execution_timeout": policy.execution_timeout,
            "ttl": policy.ttl,
            "kept": kept,
            "now": now,
        },
    ).fetchone()
    db.execute("INSERT INTO inputs VALUES (?, ?, ?)", (seq, submission.input, submission.s3_config))
    return int(seq)
