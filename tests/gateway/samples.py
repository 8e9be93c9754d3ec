"""Jobs for tests, as short as they can be written."""

from dragoman.gateway.jobs import Job, Result
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.policy import Policy
from dragoman.gateway.states import Kind, Status
from dragoman.gateway.submissions import Submission

DONE = Result(b'"done"', None)
FAILURE = Result(None, "it broke")


def submission(
    job_id: str,
    kind: Kind = Kind.RUN,
    webhook: str | None = None,
    execution_timeout: float | None = None,
    ttl: float = 86400,
    low_priority: bool = False,
) -> Submission:
    """A submission whose input is its own id."""
    policy = Policy(execution_timeout, ttl, low_priority)
    return Submission(job_id, kind, b'"%s"' % job_id.encode(), webhook, policy=policy)


def submit(ledger: Ledger, *ids: str, now: float = 0) -> None:
    """Queues jobs that ask for nothing."""
    for job_id in ids:
        ledger.submit(submission(job_id), now)


def taken(ledger: Ledger, worker: str, most: int = 1, now: float = 0) -> list[str]:
    """Has a worker take jobs, and returns their ids."""
    return [job.id for job in ledger.take(worker, most, now)]


def job(ledger: Ledger, job_id: str) -> Job:
    """A job that is there."""
    found = ledger.job(job_id)
    assert found is not None
    return found


def status(ledger: Ledger, job_id: str) -> Status | None:
    """Where a job is in its life; None where it is gone."""
    found = ledger.job(job_id)
    return None if found is None else found.status
