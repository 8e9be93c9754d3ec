"""Directories on this machine with what is under URLs of S3: whole or not there.

A download fills a directory beside its place and moves it there when all of it has come. One that was cut short is
gone on with, file by file. Workers on one machine take turns.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path

from dragoman.downloads.progress import Progress, unit_of
from dragoman.downloads.turns import turn
from dragoman.engine import Report
from dragoman.errors import EngineStartError
from dragoman.platforms.lmi.configuration.download_directory import VARIABLE
from dragoman.platforms.lmi.s3 import Prefix, RemoteFile, S3Error

_ELSEWHERE = f"{VARIABLE} names another directory"


def downloaded(url: str, parent: Path, report: Report, elsewhere: str = _ELSEWHERE) -> Path:
    """The directory with all that is under a URL, downloaded unless it is there already.

    Args:
        url: ``s3://bucket/prefix``.
        parent: where such directories are.
        report: is told how far it is.
        elsewhere: what to do where there is no room.

    Raises:
        EngineStartError: S3 does not give it, or there is no room for it.
    """
    place = parent / sha256(url.rstrip("/").encode()).hexdigest()[:16]
    if not place.is_dir():
        try:
            _fill(place, url, report, elsewhere)
        except S3Error as error:
            raise EngineStartError(str(error)) from error
        except OSError as error:
            reason = error.strerror or error
            raise EngineStartError(f"{url} cannot be kept in {parent}: {reason}; {elsewhere}") from error
    return place


def _fill(place: Path, url: str, report: Report, elsewhere: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with turn(place.with_suffix(".lock"), lambda: report(f"waiting for another worker that downloads {url}")):
        if not place.is_dir():
            partial = place.with_suffix(".partial")
            _download(url, partial, report, elsewhere)
            partial.rename(place)


def _download(url: str, directory: Path, report: Report, elsewhere: str) -> None:
    with closing(Prefix(url, os.environ)) as prefix:
        wanted = {_inside(directory, file.name, url): file for file in prefix.files()}
        if not wanted:
            raise EngineStartError(f"{url}: there is nothing; check the bucket and the prefix")
        missing = {path: wanted[path] for path in wanted.keys() - _kept(directory, wanted)}
        size, rest = (sum(file.size for file in files.values()) for files in (wanted, missing))
        _check_room(url, directory.parent, rest, elsewhere)
        for path in missing:
            path.parent.mkdir(parents=True, exist_ok=True)
        prefix.download(missing, Progress(url, size - rest, size, report).move)


def _inside(directory: Path, name: str, url: str) -> Path:
    parts = name.split("/")
    if "\0" in name or not {"", ".", ".."}.isdisjoint(parts):
        raise EngineStartError(f"{url}: {name!r} is not the path of a file inside a directory; rename it")
    return directory.joinpath(*parts)


def _kept(directory: Path, wanted: Mapping[Path, RemoteFile]) -> set[Path]:
    """Removes what is left of a download that was cut short, but for those files that are whole, which it returns."""
    kept = set()
    deepest_first = sorted(directory.rglob("*"), reverse=True)
    for path in deepest_first:
        if path.is_dir():
            with suppress(OSError):
                path.rmdir()
        elif path in wanted and _is_whole(path, wanted[path]):
            kept.add(path)
        else:
            path.unlink()
    return kept


def _is_whole(path: Path, file: RemoteFile) -> bool:
    """Whether a file is all of the one that S3 has now; files get their names when all of them is there."""
    found = path.stat()
    return found.st_size == file.size and found.st_mtime >= file.modified.timestamp()


def _check_room(url: str, directory: Path, needed: int, elsewhere: str) -> None:
    free = shutil.disk_usage(directory).free
    if free < needed:
        size, unit = unit_of(needed)
        amounts = f"{needed / size:.1f} {unit} are to come and {free / size:.1f} {unit} are free"
        raise EngineStartError(f"{url} does not fit into {directory}: {amounts}; {elsewhere}")
