"""Which webhooks are to be told of which ends, and when."""

from dragoman.gateway.jobs import Job
from dragoman.gateway.records import Records

TRIES = 3
"""How often RunPod posts a job's end to a webhook that does not accept it."""

PAUSE = 10.0
"""Seconds between two tries."""

UNREPORTED = 30.0
"""Seconds after which a delivery that was begun and never reported, as by a gateway that was killed, is due again."""


class Callbacks(Records):
    """The part of the ledger that knows who waits for a webhook. One is due as soon as its job is final."""

    def due_webhooks(self, now: float, most: int) -> list[Job]:
        """Jobs whose webhooks are to be told now, the longest due first.

        Each is returned once: it is due again after ``webhook_tried``, or when that has not come for half a minute.
        """
        with self._transaction() as db:
            due = db.execute(
                """SELECT seq FROM jobs INDEXED BY calling_back WHERE webhook_at <= ? ORDER BY webhook_at LIMIT ?""",
                (now, most),
            ).fetchall()
            db.executemany("UPDATE jobs SET webhook_at = ? WHERE seq = ?", ((now + UNREPORTED, *row) for row in due))
            return self._whole(seq for (seq,) in due)

    def webhook_tried(self, job: Job, accepted: bool, now: float) -> bool:
        """Notes how a delivery ended.

        Args:
            job: as ``due_webhooks`` returned it. Where it was retried since, its next end is told anew.
            accepted: whether it need not be told again.
            now: the time.

        Returns:
            Whether there will be no other try.
        """
        with self._transaction() as db:
            row = db.execute(
                """UPDATE jobs SET webhook_tries = webhook_tries + 1,
                    webhook_at = iif(:accepted OR webhook_tries + 1 >= :tries, NULL, :next)
                WHERE seq = :seq AND retries = :retries AND webhook_at IS NOT NULL RETURNING webhook_at""",
                {
                    "seq": job.seq,
                    "retries": job.retries,
                    "accepted": accepted,
                    "tries": TRIES,
                    "next": now + PAUSE,
                },
            ).fetchone()
            return row is not None and row[0] is None

    def next_webhook(self) -> float | None:
        """The earliest moment at which a webhook is due; None where none is."""
        (moment,) = self._connection.execute(
            "SELECT min(webhook_at) FROM jobs INDEXED BY calling_back WHERE webhook_at IS NOT NULL"
        ).fetchone()
        return None if moment is None else float(moment)
