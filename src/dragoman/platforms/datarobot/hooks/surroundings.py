"""What custom.py finds around it: modules beside it, `datarobot_drum` and a log."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dragoman.platforms.datarobot import shim

FORMAT = "%(levelname)s %(name)s: %(message)s"
LOGGERS = ("custom", "drum", "dragoman")


@contextmanager
def surroundings(*directories: Path) -> Iterator[None]:
    """Lets modules be imported from directories, before all others; and from the shim, where DRUM is not installed.

    After the context these directories come last: a module beside custom.py is still found by its hooks, and is not
    taken for one of the engine's.
    """
    ours = list(dict.fromkeys(map(str, directories)))
    sys.path[:] = [*ours, *sys.path, str(shim.DIRECTORY)]
    try:
        yield
    finally:
        for entry in ours:
            sys.path.remove(entry)
        sys.path.extend(ours)


def open_log() -> None:
    """Shows what hooks tell their loggers, from INFO on, as DRUM does."""
    logging.basicConfig(format=FORMAT, level=logging.INFO)
    for name in LOGGERS:
        # The engine's libraries raise the level of the root logger.
        logging.getLogger(name).setLevel(logging.INFO)
