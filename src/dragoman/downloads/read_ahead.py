"""Reads files into the page cache, so that who reads them next need not wait for the disk, or has it forget them."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dragoman.machine import memory

CHUNK = 8 * 2**20
# A volume on a network gives several readers more than one.
READERS = 4
# The other half is for the weights themselves, which on a CPU are copied out of the page cache.
SHARE = 0.5


def read_ahead(paths: Iterable[Path], budget: int) -> int:
    """Read files from the first on, as far as the budget goes.

    A file that cannot be read is left out: whoever needs it says what is wrong with it.

    Args:
        paths: the files, those that are needed first at the front.
        budget: how many bytes at most.

    Returns:
        How many bytes have been read.
    """
    with ThreadPoolExecutor(READERS) as readers:
        return sum(readers.map(_read, _within(paths, budget)))


def forget(paths: Iterable[Path]) -> None:
    """Has the page cache let go of files.

    Raises:
        OSError: what was written cannot be brought to the disk.
    """
    for path in paths:
        with path.open("rb") as file:
            # Only pages that are on the disk can be let go.
            os.fdatasync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def budget() -> int:
    """Return how many bytes the page cache may take without pushing out more than it brings."""
    return int(memory().available * SHARE)


def _within(paths: Iterable[Path], budget: int) -> Iterator[tuple[Path, int]]:
    for path in paths:
        try:
            size = path.stat().st_size
        except OSError:
            continue
        if budget > 0:
            yield path, min(size, budget)
        budget -= size


def _read(part: tuple[Path, int]) -> int:
    path, left = part
    buffer = memoryview(bytearray(min(CHUNK, max(left, 1))))
    read = 0
    try:
        with path.open("rb", buffering=0) as file:
            while read < left and (count := file.readinto(buffer)):
                read += count
    except OSError:
        pass
    return read
