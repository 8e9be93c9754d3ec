"""How long to wait before a command is tried again that has failed."""

LONGEST = 60.0


class Pauses:
    """Growing pauses between failures in a row: 1, 2, 4 … 60 seconds.

    Attributes:
        until: when the present pause is over, on the clock of those who tell of failures.
    """

    def __init__(self) -> None:
        self.until = 0.0
        self._next = 1.0

    def failed(self, now: float) -> None:
        """Begin a pause; what fails during one has begun before it, and makes it no longer."""
        if now >= self.until:
            self.until = now + self._next
            self._next = min(self._next * 2, LONGEST)

    def over(self) -> None:
        """One has not failed: the row is at its end."""
        self.until = 0.0
        self._next = 1.0
