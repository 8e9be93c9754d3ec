"""Numbers as people read them."""

from collections.abc import Collection

from dragoman.baking.manifest import BakedFile
from dragoman.downloads.progress import unit_of


def amount(count: int) -> str:
    """Return a number of bytes in words."""
    size, unit = unit_of(count)
    return f"{count / size:.1f} {unit}"


def file_count(count: int) -> str:
    """Return a number of files in words."""
    return f"{count} file" if count == 1 else f"{count} files"


def amounts(files: Collection[BakedFile]) -> str:
    """Return how many files there are, and how large they are together."""
    return f"{file_count(len(files))}, {amount(sum(file.size for file in files))}"
