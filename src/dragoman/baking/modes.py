"""Files that any user may read: containers run as users whom nobody knew when the image was built."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_FILE = 0o444
_DIRECTORY = 0o555


def unreadable(root: Path, paths: Iterable[Path]) -> list[Path]:
    """Have everybody read files and directories, all that is in them, and what leads to them from the root.

    Args:
        root: where the ways begin; what lies outside is left alone.
        paths: the files and directories; links among them stand for what they lead to.

    Returns:
        What this user may not change, and others may not read.
    """
    top = Path(os.path.realpath(root))
    real = (Path(os.path.realpath(path)) for path in paths)
    found = dict.fromkeys(each for path in real if path.is_relative_to(top) for each in _all(top, path))
    return [path for path in found if not _made_readable(path)]


def _all(top: Path, path: Path) -> Iterator[Path]:
    yield from (parent for parent in path.parents if parent.is_relative_to(top))
    yield path
    for name, folders, files in os.walk(path):
        yield from (Path(name, each) for each in (*folders, *files))


def _made_readable(path: Path) -> bool:
    if path.is_symlink():
        return True
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | (_DIRECTORY if path.is_dir() else _FILE)
        if wanted != mode:
            path.chmod(wanted)
    except OSError:
        return False
    return True
