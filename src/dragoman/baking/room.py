"""Whether there is room for what is to come."""

import shutil
from pathlib import Path

from dragoman.baking.words import amount
from dragoman.errors import EngineStartError

ELSEWHERE = "name another directory with --to"


def check_room(directory: Path, needed: int) -> None:
    """Look whether so many more bytes fit into a directory that is there.

    Raises:
        EngineStartError: they do not.
    """
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise EngineStartError(
            f"{amount(needed)} are to come into {directory} and {amount(free)} are free; make room, or {ELSEWHERE}"
        )
