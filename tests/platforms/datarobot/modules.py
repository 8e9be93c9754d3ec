"""What custom.py files of tests leave in the interpreter."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dragoman.platforms.datarobot.hooks import Hooks, keep
from dragoman.platforms.datarobot.hooks.cuda import COUNT_ONLY


@contextmanager
def as_they_were() -> Iterator[None]:
    """Undoes what importing a custom.py does: to modules and where they are found, to loggers, variables and hooks."""
    path, modules = sys.path[:], set(sys.modules)
    levels = {logger: logger.level for logger in map(logging.getLogger, (None, "custom", "drum", "dragoman"))}
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if name.partition(".")[0] in {"custom", "helper", "datarobot_drum"}:
                del sys.modules[name]
        for logger, level in levels.items():
            logger.setLevel(level)
        keep(Hooks())
        os.environ.pop(COUNT_ONLY, None)


def write_custom(directory: Path, code: str) -> Path:
    """Writes a custom.py."""
    path = directory / "custom.py"
    path.write_text(code)
    return path
