"""Where the worker is in its life, as its health routes tell it."""

import time
from collections.abc import Callable, Mapping
from enum import StrEnum


class Status(StrEnum):
    """The stages of a worker's life."""

    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    DRAINING = "draining"
    RESTARTING = "restarting"


UNDER_WAY = frozenset((Status.STARTING, Status.RESTARTING))


class Lifecycle:
    """The current status, the phase within it, for how long it has lasted, and what the start was made of.

    While one is under way, ``start`` tells what it is made of so far, where somebody knows.

    Args:
        launched: when the worker was launched, seconds of the monotonic clock.
    """

    def __init__(self, launched: float) -> None:
        self.status = Status.STARTING
        self.phase = "launching"
        self.boot: Mapping[str, object] | None = None
        self.start: Callable[[], Mapping[str, object]] | None = None
        self._since = launched

    def enter(self, status: Status, phase: str | None = None) -> None:
        """Changes the status; without a phase of its own a status is its own phase."""
        if status is not self.status:
            self._since = time.monotonic()
        self.status = status
        self.phase = phase or status.value

    def follow(self, healthy: bool) -> bool:
        """Notes whether the engine of a ready worker answers, and returns whether the worker serves."""
        if self.ready and not healthy:
            self.enter(Status.WAITING, "the engine does not answer")
        elif self.status is Status.WAITING and healthy:
            self.enter(Status.READY)
        return self.ready

    @property
    def ready(self) -> bool:
        """Whether a first token has been produced and nothing has ended since."""
        return self.status is Status.READY

    @property
    def seconds(self) -> float:
        """Seconds in this status; in the first one, since the launch."""
        return time.monotonic() - self._since

    def snapshot(self) -> dict[str, object]:
        """The body of a health answer."""
        now = {"status": self.status.value, "phase": self.phase, "seconds": round(self.seconds, 1)}
        boot = self.start() if self.start and self.status in UNDER_WAY else self.boot
        return {**now, **({} if boot is None else {"boot": boot})}
