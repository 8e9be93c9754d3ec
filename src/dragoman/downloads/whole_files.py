"""Files that are whole or not there, whenever somebody looks."""

import os
import tempfile
from pathlib import Path

READABLE = 0o644


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that everybody may read.

    Args:
        path: the file; one that is there is replaced.
        data: its contents.

    Raises:
        OSError: it cannot be written.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), READABLE)
            os.replace(file.name, path)
        except OSError:
            os.unlink(file.name)
            raise
