"""Directories that may not be there, that nobody may look into, or that have names no directory can have.

Unlike pathlib's, the tests of os.path raise for none of these.
"""

import errno
import os
from pathlib import Path


def names_in(directory: Path) -> list[str]:
    """Return the names in a directory, sorted, but for those that begin with a dot; none where it cannot be read."""
    try:
        return sorted(name for name in os.listdir(directory) if not name.startswith("."))
    except (OSError, ValueError):
        return []


def refusal(path: Path) -> str | None:
    """Return why nobody can look whether a file or directory is there, in words that follow its path; else None."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as problem:
        return None if problem.errno == errno.ENAMETOOLONG else f"cannot be read: {problem.strerror}"
    return None
