"""The file by which DRUM's processes tell each other that the engine has answered."""

import asyncio
import logging
from pathlib import Path

FILE = ".server_ready"

log = logging.getLogger("dragoman")


class Sentinel:
    """``.server_ready`` in the custom model's directory; an intake, because those are closed when the serving ends.

    Args:
        directory: the custom model's directory; where it is read-only there is no file, and the log says so once.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._touched = False
        self._closed = asyncio.Event()

    def touch(self) -> None:
        """Makes the file, the first time; DRUM does at its first liveness probe that finds the engine ready."""
        if not self._touched:
            self._touched = True
            try:
                self._path.touch()
            except OSError as error:
                log.info("%s is not there: %s", self._path, error.strerror)

    def remove(self) -> None:
        """Removes the file, also one that an earlier worker has left."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.info("%s stays there: %s", self._path, error.strerror)

    async def run(self) -> None:
        """Ends when it is closed."""
        await self._closed.wait()

    def close(self) -> None:
        """Removes the file."""
        self._closed.set()
        self.remove()
