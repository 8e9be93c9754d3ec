"""The states of a job, and the ways in which one is submitted."""

from enum import StrEnum


class Status(StrEnum):
    """RunPod's names for where a job is in its life."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"


FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT})
"""The states that a job does not leave by itself."""


class Kind(StrEnum):
    """The route by which a job was submitted: it decides about the job's id and how long its result is kept."""

    RUN = "run"
    RUNSYNC = "runsync"
    OPENAI = "openai"
