"""One process at a time."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(path: Path, waits: Callable[[], None]) -> Iterator[None]:
    """Keeps other processes out, until the context or the process ends.

    Args:
        path: the file that stands for what only one may do.
        waits: is called where another process is at it.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
