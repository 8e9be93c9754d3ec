"""Files that any user may read: containers run as users whom nobody knew when the image was built."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

_FILE = 0o444
_DIRECTORY = 0o555


def unreadable(root: Path, files: Iterable[Path]) -> list[Path]:
    """Have everybody read files, and look into the directories that lead to them from below a root.

    Args:
        root: where the ways begin; it is left alone itself, and so is what lies outside.
        files: the files; a link stands for itself and for what it leads to.

    Returns:
        What this user may not change, and others may not read.
    """
    top = Path(os.path.realpath(root))
    links = dict.fromkeys(each for file in files for each in (file, *file.parents))
    real = dict.fromkeys(Path(os.path.realpath(link)) for link in links)
    found = dict.fromkeys(each for path in real for each in (path, *path.parents) if top in each.parents)
    return [path for path in found if not made_readable(path)]


def made_readable(path: Path) -> bool:
    """Have everybody read a file or look into a directory; return whether they may."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | (_DIRECTORY if path.is_dir() else _FILE)
        if wanted != mode:
            path.chmod(wanted)
    except OSError:
        return False
    return True
