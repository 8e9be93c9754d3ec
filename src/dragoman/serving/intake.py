"""Work that does not come over HTTP: a worker on a queue fetches it."""

from typing import Protocol


class Intake(Protocol):
    """Fetches work from a platform's queue and does it, beside the HTTP application."""

    async def run(self) -> None:
        """Works until it is closed and all that it took has ended, or until this worker shall be replaced."""

    def close(self) -> None:
        """Has it fetch nothing more."""
