"""Models in directories of this machine: copied, unless they lie where they are to be already."""

import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from dragoman.baking.check import problem
from dragoman.baking.contents import check_contents
from dragoman.baking.manifest import OWN, Baked, BakedFile
from dragoman.baking.meters import Meters
from dragoman.baking.room import ELSEWHERE
from dragoman.downloads.checksums import Checksum
from dragoman.downloads.repositories import Repository
from dragoman.downloads.transfers import Moved
from dragoman.errors import EngineStartError

CHUNK = 8 * 2**20


class FolderDelivery:
    """Those files of a directory that vLLM will read.

    Args:
        repository: the directory, and what is read of it.
        root: what it comes into.

    Raises:
        EngineStartError: there is nothing in it that vLLM could load.
    """

    verb = "copying"

    def __init__(self, repository: Repository, root: Path) -> None:
        self._name = repository.name
        self._source = Path(os.path.abspath(repository.name))
        self._stays = self._source.is_relative_to(root)
        self._place = self._source if self._stays else root / "models" / _unique_name(self._source)
        self._sizes = {
            str(path.relative_to(self._source)): path.stat().st_size
            for path in repository.files(self._source)
            if path.name not in OWN
        }
        check_contents(repository, self._sizes.keys())

    @property
    def sizes(self) -> list[int]:
        """Those of the files that are copied."""
        return [] if self._stays else [*self._sizes.values()]

    @property
    def missing(self) -> int:
        """All that is copied: what may be there from before goes when the copy is whole."""
        return sum(self.sizes)

    def bring(self, meters: Meters) -> Baked:
        """Have a copy that is whole or not there."""
        try:
            files = {name: BakedFile(size, Checksum.of(self._source / name)) for name, size in self._sizes.items()}
            if not self._stays:
                moved = {name: meters(name, size) for name, size in self._sizes.items()}
                self._copy(files, moved)
        except OSError as error:
            raise EngineStartError(
                f"{self._source} cannot be kept in {self._place}: {error.strerror or error}; {ELSEWHERE}"
            ) from error
        return Baked(self._name, None, None, self._place, files)

    def _copy(self, files: Mapping[str, BakedFile], moved: Mapping[str, Moved]) -> None:
        if self._is_there(files):
            for name, file in files.items():
                moved[name](file.size)
            return
        partial = self._place.with_name(f"{self._place.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        for name in files:
            _copy(self._source / name, partial / name, moved[name])
        shutil.rmtree(self._place, ignore_errors=True)
        partial.rename(self._place)

    def _is_there(self, files: Mapping[str, BakedFile]) -> bool:
        there = {str(path.relative_to(self._place)) for path in self._place.rglob("*") if path.is_file()}
        return there == files.keys() and not any(problem(self._place / name, file) for name, file in files.items())


def _unique_name(directory: Path) -> str:
    """Return a name that no other directory has: many are called `model`."""
    return f"{directory.name}-{sha256(os.fsencode(directory)).hexdigest()[:8]}"


def _copy(source: Path, target: Path, moved: Moved) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as original, target.open("wb") as copy:
        while chunk := original.read(CHUNK):
            copy.write(chunk)
            moved(len(chunk))
