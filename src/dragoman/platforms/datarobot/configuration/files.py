"""The files of a custom model, as they are read here."""

import json
import os
from pathlib import Path

from dragoman.settings.values import Value

# What reading a file may raise; `reason` says it in words.
Unreadable = (OSError, ValueError)


def is_there(path: Path) -> bool:
    """Return whether there is anything of that name; a link that leads nowhere is something."""
    return path.is_symlink() or path.exists()


def content(path: Path) -> bytes:
    """Return what a file holds.

    Raises OSError where it cannot be read, and ValueError where it is no file.
    """
    if path.is_symlink() and not path.exists():
        raise ValueError(f"it is a link to {os.readlink(path)}, which is not there")
    if path.exists() and not path.is_file():
        # A device may never end.
        raise ValueError("it is not a file")
    return path.read_bytes()


def json_object(path: Path) -> dict[str, Value]:
    """Return the JSON object in a file.

    Raises OSError where it cannot be read, and ValueError where there is none in it.
    """
    try:
        held = json.loads(content(path))
    except json.JSONDecodeError as problem:
        raise ValueError(f"it is not JSON: {problem}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(held, dict):
        raise ValueError("it is not a JSON object")
    return held


def reason(problem: Exception) -> str:
    """Return why a file could not be read."""
    return getattr(problem, "strerror", None) or str(problem)
