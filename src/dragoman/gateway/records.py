"""What all parts of the ledger build on: transactions, reading a job, and the ways in which one leaves its worker."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dragoman.gateway import schema
from dragoman.gateway.jobs import Change, Job
from dragoman.gateway.states import Kind, Status
from dragoman.gateway.terms import Terms


class Records:
    """The open file.

    Args:
        path: the file.
        terms: what holds for every job.

    Raises:
        ConfigurationError: the file cannot be used.
    """

    def __init__(self, path: Path, terms: Terms) -> None:
        self._terms = terms
        self._connection = schema.connect(path)

    def close(self) -> None:
        """Closes the file; the next one may open it."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection

    def _whole(self, seqs: Iterable[int]) -> list[Job]:
        return [
            job_of(self._connection.execute("SELECT * FROM whole WHERE seq = ?", (seq,)).fetchone()) for seq in seqs
        ]

    def _held(self, job_id: str, worker: str, now: float) -> int | None:
        """The job's number, where this worker runs it; whoever names a job is alive for it."""
        row = self._connection.execute(
            """UPDATE jobs SET lost_at = ? WHERE id = ? AND worker = ? AND status = 'IN_PROGRESS' RETURNING seq""",
            (now + self._terms.lost_after, job_id, worker),
        ).fetchone()
        return None if row is None else int(row[0])

    def _requeue(self, seq: int, *, retries: int, attempts: int) -> None:
        """Puts a running job back to its old place; what its worker has told of it goes."""
        self._forget(seq)
        self._connection.execute(
            """UPDATE jobs SET status = 'IN_QUEUE', worker = NULL, taken_at = NULL,
                retries = retries + ?, attempts = attempts + ?
            WHERE seq = ? AND status = 'IN_PROGRESS'""",
            (retries, attempts, seq),
        )

    def _end(
        self, seq: int, status: Status, now: float, *, error: str | None = None, output: bytes | None = None
    ) -> Change:
        """Makes an unfinished job final; its stream stays."""
        self._connection.execute("REPLACE INTO results VALUES (?, ?, ?)", (seq, error, output))
        job_id, worker = self._connection.execute(
            """UPDATE jobs SET status = :status, ended_at = :now, expires_at = :now + kept,
                webhook_at = iif(webhook IS NULL, NULL, :now), webhook_tries = 0
            WHERE seq = :seq AND status IN ('IN_QUEUE', 'IN_PROGRESS') RETURNING id, worker""",
            {"seq": seq, "status": status, "now": now},
        ).fetchone()
        return Change(job_id, status, worker)

    def _forget(self, seq: int) -> None:
        self._connection.execute("DELETE FROM results WHERE job = ?", (seq,))
        self._connection.execute("DELETE FROM items WHERE job = ?", (seq,))


def job_of(row: Sequence[Any]) -> Job:
    """Makes a job of a row of the views ``whole`` and ``listed``."""
    seq, job_id, kind, status, given, webhook, s3_config, low_priority, *others = row
    return Job(seq, job_id, Kind(kind), Status(status), given, webhook, s3_config, bool(low_priority), *others)
