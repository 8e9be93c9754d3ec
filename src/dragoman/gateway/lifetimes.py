"""The ends that come by themselves: of a job's life, of its time at a worker, of its worker."""

from dragoman.gateway.jobs import Change
from dragoman.gateway.policy import WEEK
from dragoman.gateway.runs import Runs
from dragoman.gateway.states import Status

SPARE_PAGES = 1024
"""Free pages that stay in the file, to be written again."""

PAGES_AT_ONCE = 8192
"""How many pages one sweep gives back to the disk at most, so that nobody waits long for it."""


class Lifetimes(Runs):
    """The part of the ledger that acts by the clock."""

    def sweep(self, now: float) -> list[Change]:
        """Does what is due: deletes what has expired, ends what has run too long, takes jobs from silent workers.

        A job whose webhook is still to be told of its end does not expire.

        Returns:
            What has become of which job.
        """
        with self._transaction() as db:
            gone = db.execute(
                """DELETE FROM jobs INDEXED BY expiring WHERE webhook_at IS NULL AND expires_at <= ?
                RETURNING id, iif(status = 'IN_PROGRESS', worker, NULL)""",
                (now,),
            ).fetchall()
            changes = [Change(job_id, None, worker) for job_id, worker in gone]
            changes += self._time_out(now)
            lost = db.execute(
                "SELECT seq FROM jobs INDEXED BY getting_lost WHERE status = 'IN_PROGRESS' AND lost_at <= ?", (now,)
            ).fetchall()
            changes += [self._lose(seq, now) for (seq,) in lost]
        self._shrink()
        return changes

    def next_sweep(self) -> float | None:
        """The earliest moment at which a sweep would do something; None while there is no job."""
        (moment,) = self._connection.execute(
            """SELECT min(moment) FROM (
                SELECT min(expires_at) AS moment FROM jobs INDEXED BY expiring WHERE webhook_at IS NULL
                UNION ALL
                SELECT min(times_out_at) FROM jobs INDEXED BY timing_out WHERE status = 'IN_PROGRESS'
                UNION ALL
                SELECT min(lost_at) FROM jobs INDEXED BY getting_lost WHERE status = 'IN_PROGRESS'
            )"""
        ).fetchone()
        return None if moment is None else float(moment)

    def keep_for(self, job_id: str, ttl: float, now: float) -> None:
        """Changes how long a job can be read: a finished one from now on, another one after its end; a week at most."""
        with self._transaction() as db:
            db.execute(
                """UPDATE jobs SET kept = :ttl, expires_at = iif(ended_at IS NULL, expires_at, :now + :ttl)
                WHERE id = :id""",
                {"id": job_id, "ttl": min(max(ttl, 0.0), WEEK), "now": now},
            )

    def _time_out(self, now: float) -> list[Change]:
        late = self._connection.execute(
            """SELECT seq, times_out_at - taken_at FROM jobs INDEXED BY timing_out
            WHERE status = 'IN_PROGRESS' AND times_out_at <= ?""",
            (now,),
        ).fetchall()
        return [
            self._end(seq, Status.TIMED_OUT, now, error=f"The job ran longer than its {round(allowed, 3):g} seconds.")
            for seq, allowed in late
        ]

    def _shrink(self) -> None:
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        if free > SPARE_PAGES:
            pages = min(free - SPARE_PAGES, PAGES_AT_ONCE)
            # execute() would stop after the first page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({pages})")
