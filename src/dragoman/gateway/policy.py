"""What a client asks for beside a job's input: how long it may run and live, and whether it makes workers start."""

from dataclasses import dataclass
from typing import Self

from dragoman.gateway.errors import BadRequestError

WEEK = 604800.0
"""The longest time that RunPod takes anywhere, in seconds."""


@dataclass(frozen=True)
class Policy:
    """RunPod's ``policy`` of a job.

    Attributes:
        execution_timeout: seconds that the job may run; None for what the endpoint allows.
        ttl: seconds from its submission until an unfinished job is deleted.
        low_priority: whether the job waits for workers that run anyway.
    """

    execution_timeout: float | None = None
    ttl: float = 86400.0
    low_priority: bool = False

    @classmethod
    def read(cls, given: object) -> Self:
        """Reads the ``policy`` of a request; the ranges are RunPod's.

        Args:
            given: the parsed JSON; None where the request has none. Unknown keys are ignored.

        Raises:
            BadRequestError: something in it has the wrong type or is out of range.
        """
        if given is None:
            return cls()
        if not isinstance(given, dict):
            raise BadRequestError("policy is not an object")
        low_priority = given.get("lowPriority")
        if not isinstance(low_priority, bool | None):
            raise BadRequestError("policy.lowPriority is not a boolean")
        return cls(
            execution_timeout=_seconds(given, "executionTimeout", 5000),
            ttl=_seconds(given, "ttl", 10000) or cls.ttl,
            low_priority=bool(low_priority),
        )


def _seconds(given: dict[str, object], name: str, least: int) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= WEEK * 1000:
        raise BadRequestError(f"policy.{name} is not a number of milliseconds from {least} to {WEEK * 1000:.0f}")
    return value / 1000
