"""A private directory for the sockets and temporary files of one worker, gone with it."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from dragoman.errors import ConfigurationError

PREFIX = "dragoman-"
LOCK = "lock"


class RunDirectory:
    """Made on entry, removed on exit; what a killed worker left is removed by the next one on the machine.

    A lock file that is held as long as the worker lives tells a left directory from one in use.

    Raises:
        ConfigurationError: there is no place for temporary files.
    """

    path: Path

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent or _temporary()

    def __enter__(self) -> Self:
        for left in self._parent.glob(f"{PREFIX}*/{LOCK}"):
            _remove_if_left(left)
        hidden = Path(tempfile.mkdtemp(prefix="." + PREFIX, dir=self._parent))
        self._lock = _locked(hidden / LOCK)
        # Named only now: another worker that starts would take a directory without a lock for one that was left.
        self.path = hidden.rename(self._parent / hidden.name.removeprefix("."))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)


def _temporary() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise ConfigurationError(
            "no directory takes temporary files; make /tmp writable, or name one in TMPDIR"
        ) from error


def _locked(path: Path) -> int | None:
    """A descriptor that holds the lock, or None when another process does or the file is not ours."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_if_left(lock: Path) -> None:
    descriptor = _locked(lock)
    if descriptor is not None:
        shutil.rmtree(lock.parent, ignore_errors=True)
        os.close(descriptor)
