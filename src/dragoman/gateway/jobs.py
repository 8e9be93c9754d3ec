"""A job as the ledger holds it, and what happens to one."""

from dataclasses import dataclass
from typing import Self

from dragoman.gateway import payloads
from dragoman.gateway.states import Kind, Status


@dataclass(frozen=True, slots=True)
class Job:
    """A job, as it was when it was read. Times are seconds since the epoch; payloads are JSON text.

    Attributes:
        seq: grows from job to job.
        queued_at: when it came to its place in the queue: at its submission, or when its client had it run again.
        taken_at: when a worker took it; None while it is queued.
        ended_at: when it became final.
        expires_at: when it is deleted.
        worker: who runs it, or ran it.
        retries: how often it was queued again, after the loss of a worker or at its client's wish.
        attempts: how often a worker took it, since its client last had it queued.
        progress: what the worker last told of a job that runs.
        output: what a finished job has produced.
        error: why the job has failed or was ended.
    """

    seq: int
    id: str
    kind: Kind
    status: Status
    input: bytes
    webhook: str | None
    s3_config: bytes | None
    low_priority: bool
    execution_timeout: float | None
    submitted_at: float
    queued_at: float
    taken_at: float | None
    ended_at: float | None
    expires_at: float
    worker: str | None
    retries: int
    attempts: int
    progress: bytes | None
    output: bytes | None
    error: str | None

    @property
    def delay_time(self) -> int | None:
        """Milliseconds from the queue to a worker."""
        return None if self.taken_at is None else _milliseconds(self.queued_at, self.taken_at)

    @property
    def execution_time(self) -> int | None:
        """Milliseconds at the worker, of a job that has ended there."""
        if self.taken_at is None or self.ended_at is None:
            return None
        return _milliseconds(self.taken_at, self.ended_at)


@dataclass(frozen=True, slots=True)
class Result:
    """How a worker says that a job has ended.

    Attributes:
        output: JSON text; None where the worker sent none.
        error: None for a job that is completed.
    """

    output: bytes | None
    error: str | None

    @classmethod
    def read(cls, body: object) -> Self:
        """Reads the body of a done post: RunPod's SDK sends ``{"output"}``, ``{"error"}``, both or neither.

        Args:
            body: the parsed JSON. What does not have the SDK's shape is a failed job.
        """
        if not isinstance(body, dict):
            return cls(None, "The worker's result is not a JSON object.")
        try:
            output = payloads.dumps(body["output"]) if "output" in body else None
            return cls(output, _text(body["error"]) if body.get("error") else None)
        except ValueError:
            return cls(None, "The worker's result is nested too deeply.")


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of a job, by somebody else than its worker.

    Attributes:
        id: the job.
        status: what it is now; None for a job that is gone.
        worker: who ran it.
    """

    id: str
    status: Status | None
    worker: str | None

    @property
    def stop(self) -> str | None:
        """The worker that is to be told to stop it; one that was lost is told when it is heard of again."""
        return None if self.status is Status.IN_QUEUE else self.worker


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of a job's stream; its number grows from piece to piece, over all runs of the job."""

    number: int
    output: bytes


def _text(error: object) -> str:
    text = error if isinstance(error, str) else payloads.dumps(error).decode()
    return text.encode(errors="replace").decode()


def _milliseconds(start: float, end: float) -> int:
    return max(0, round((end - start) * 1000))
