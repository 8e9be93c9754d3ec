"""What the gateway's log says of jobs: the id, the status and the worker, and never what is in the job."""

import logging

from dragoman.gateway.jobs import Change
from dragoman.gateway.states import Status

LONGEST = 200

log = logging.getLogger(__name__)


def failed(job_id: str, worker: str) -> None:
    """Log that a worker has told of a job's failure."""
    log.warning("job %s is FAILED at worker %s", job_id, plain(worker))


def changed(change: Change) -> None:
    """Log what has become of a job without its worker, unless its client has wanted it, or it has expired."""
    worker = plain(change.worker or "")
    match change.status:
        case Status.IN_QUEUE:
            log.warning("job %s is IN_QUEUE again: worker %s was lost", change.id, worker)
        case Status.FAILED:
            log.warning("job %s is FAILED: worker %s was lost, and one before it", change.id, worker)
        case Status.TIMED_OUT:
            log.warning("job %s is TIMED_OUT at worker %s", change.id, worker)


def plain(text: str) -> str:
    """Return what others have written so that a terminal shows it and does nothing else."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:LONGEST])
