"""A job as the ledger has it."""

from dragoman.gateway.jobs import Job
from dragoman.gateway.states import Kind, Status

QUEUED = Job(
    seq=7,
    id="a",
    kind=Kind.RUN,
    status=Status.IN_QUEUE,
    input=b'{"prompt":"Hi"}',
    webhook=None,
    s3_config=None,
    low_priority=False,
    execution_timeout=None,
    submitted_at=1.0,
    queued_at=1.0,
    taken_at=None,
    ended_at=None,
    expires_at=9.0,
    worker=None,
    retries=0,
    attempts=0,
    progress=None,
    output=None,
    error=None,
)
