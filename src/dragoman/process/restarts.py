"""When a server process that died is forked again, and when the worker gives up."""

from dataclasses import dataclass, field

DELAYS = (0.0, 1.0, 2.0, 4.0, 8.0)
STEADY = 60.0


@dataclass
class RestartPolicy:
    """Growing pauses between failures in a row; a run of ``STEADY`` seconds starts the row anew.

    Args:
        delays: seconds to wait before each restart; one more failure in a row is the end.
    """

    delays: tuple[float, ...] = DELAYS
    _failures: int = field(default=0, init=False)

    def delay(self, served: float) -> float | None:
        """Seconds to wait before the next start, or None to give up.

        Args:
            served: seconds for which the process that just died was ready.
        """
        if served >= STEADY:
            self._failures = 0
        if self._failures == len(self.delays):
            return None
        self._failures += 1
        return self.delays[self._failures - 1]
