"""Whether what has been baked into a directory is still there, all of it and unchanged; nobody else is asked."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dragoman.baking.manifest import Baked, BakedFile

READERS = 4


def problems(models: Sequence[Baked]) -> Iterator[str]:
    """Yield what is wrong with the models' files, one line each."""
    with ThreadPoolExecutor(READERS) as readers:
        for baked in models:
            paths = [baked.directory / name for name in baked.files]
            found = readers.map(problem, paths, baked.files.values())
            yield from (f"{path} {reason}" for path, reason in zip(paths, found, strict=True) if reason)


def problem(path: Path, file: BakedFile) -> str | None:
    """Return why a file is not the one that was baked, in words that follow its path; None where it is."""
    try:
        size = os.stat(path).st_size
        if size != file.size:
            return f"has {size} bytes instead of {file.size}"
        return None if file.checksum.fits(path) else f"has other contents: its checksum is not {file.checksum}"
    except FileNotFoundError:
        return "is not there"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
