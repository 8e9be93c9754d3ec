"""What is asked for all the time: the platforms' probes, and metrics."""

from collections.abc import Callable
from functools import lru_cache

from dragoman.serving.front import METRICS
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.probes import Probe

REMEMBERED = 256


def routine(probe: Probe) -> Callable[[str], bool]:
    """Tells whether a path is one of these.

    Args:
        probe: the platform's; what it answers 200 in a worker that is ready is a probe.
    """
    ready = Lifecycle(0)
    ready.enter(Status.READY)

    @lru_cache(REMEMBERED)
    def is_routine(path: str) -> bool:
        answer = None if path == METRICS else probe(path, ready)
        return path == METRICS or (answer is not None and answer.status_code == 200)

    return is_routine
