"""What workers tell of the jobs that they run. Who does not run the job any more is not listened to."""

from collections.abc import Collection, Sequence

from dragoman.gateway.jobs import Change, Item, Result
from dragoman.gateway.records import Records
from dragoman.gateway.states import Status

ATTEMPTS = 2
"""How often a job is given to a worker that is then lost, before it counts as what loses them."""


class Runs(Records):
    """The part of the ledger that follows running jobs."""

    def add_items(self, job_id: str, worker: str, outputs: Sequence[bytes], now: float) -> bool:
        """Adds to a job's stream.

        Returns:
            Whether it was kept: False where the worker does not run this job.
        """
        with self._transaction() as db:
            seq = self._held(job_id, worker, now)
            if seq is None:
                return False
            (last,) = db.execute(
                "UPDATE jobs SET items = items + ? WHERE seq = ? RETURNING items", (len(outputs), seq)
            ).fetchone()
            numbered = enumerate(outputs, start=last - len(outputs) + 1)
            db.executemany("INSERT INTO items VALUES (?, ?, ?)", ((seq, *item) for item in numbered))
            return True

    def progress(self, job_id: str, worker: str, output: bytes, now: float) -> bool:
        """Notes how far a job is, in place of what was noted before; returns whether the worker runs it."""
        with self._transaction() as db:
            seq = self._held(job_id, worker, now)
            if seq is not None:
                db.execute("REPLACE INTO results VALUES (?, NULL, ?)", (seq, output))
            return seq is not None

    def finish(self, job_id: str, worker: str, result: Result, now: float) -> bool:
        """Ends a job with its worker's result; returns whether the worker ran it."""
        with self._transaction():
            seq = self._held(job_id, worker, now)
            if seq is not None:
                status = Status.COMPLETED if result.error is None else Status.FAILED
                self._end(seq, status, now, error=result.error, output=result.output)
            return seq is not None

    def seen(self, worker: str, ids: Collection[str] | None, now: float) -> list[str]:
        """Notes that a worker is alive.

        Args:
            worker: which one.
            ids: the jobs that it runs; None where it did not say: all that it was given.
            now: the time.

        Returns:
            Those of the ids that the worker is to stop: cancelled, timed out, gone, or not its own any more. One that
            it has finished is not among them: the news of it crossed with its own.
        """
        with self._transaction() as db:
            if ids is None:
                db.execute(
                    "UPDATE jobs INDEXED BY running SET lost_at = ? WHERE status = 'IN_PROGRESS' AND worker = ?",
                    (now + self._terms.lost_after, worker),
                )
                return []
            return [
                job_id for job_id in ids if self._held(job_id, worker, now) is None and not self._own(job_id, worker)
            ]

    def lose(self, worker: str, now: float) -> list[Change]:
        """Takes its jobs from a worker that has ended: back to the queue the first time, FAILED the second."""
        with self._transaction() as db:
            held = db.execute(
                "SELECT seq FROM jobs INDEXED BY running WHERE status = 'IN_PROGRESS' AND worker = ?", (worker,)
            ).fetchall()
            return [self._lose(seq, now) for (seq,) in held]

    def items(self, job_id: str, after: int, most: int) -> list[Item]:
        """The pieces of a job's stream behind a number, in order."""
        rows = self._connection.execute(
            """SELECT number, output FROM items
            WHERE job = (SELECT seq FROM jobs WHERE id = ?) AND number > ? ORDER BY number LIMIT ?""",
            (job_id, after, most),
        )
        return [Item(*row) for row in rows]

    def drain(self, job_id: str, most: int) -> list[bytes]:
        """The next pieces of a job's stream: each is returned once, in order."""
        with self._transaction() as db:
            rows = db.execute(
                """SELECT number, output FROM items JOIN jobs ON seq = job
                WHERE id = ? AND number > drained ORDER BY number LIMIT ?""",
                (job_id, most),
            ).fetchall()
            if rows:
                db.execute("UPDATE jobs SET drained = ? WHERE id = ?", (rows[-1][0], job_id))
            return [output for _, output in rows]

    def _own(self, job_id: str, worker: str) -> bool:
        row = self._connection.execute("SELECT worker, status FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return row in ((worker, Status.COMPLETED), (worker, Status.FAILED))

    def _lose(self, seq: int, now: float) -> Change:
        job_id, worker, attempts = self._connection.execute(
            "SELECT id, worker, attempts FROM jobs WHERE seq = ?", (seq,)
        ).fetchone()
        if attempts < ATTEMPTS:
            self._requeue(seq, retries=1, attempts=0)
            return Change(job_id, Status.IN_QUEUE, worker)
        return self._end(seq, Status.FAILED, now, error="The job's worker was lost twice; it is not tried again.")
