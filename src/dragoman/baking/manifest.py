"""What has been baked into a directory, so that it can be checked without whoever it came from."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from dragoman.downloads.checksums import Checksum
from dragoman.downloads.whole_files import write_whole

NAME = "dragoman-bake.json"

_VERSION = 1


@dataclass(frozen=True)
class BakedFile:
    """A file: its size in bytes, and what its contents are."""

    size: int
    checksum: Checksum


@dataclass(frozen=True)
class Baked:
    """A model that has been baked.

    Args:
        name: what it is called where it comes from.
        revision: what was asked for; None for the main branch, or where there are no revisions.
        commit: what that was; None where there are no commits.
        directory: where it is.
        files: its files, by their paths in the directory.
    """

    name: str
    revision: str | None
    commit: str | None
    directory: Path
    files: Mapping[str, BakedFile]

    def to_json(self, root: Path) -> dict[str, Any]:
        """It as plain data, with its directory as seen from the root."""
        return {
            "name": self.name,
            "revision": self.revision,
            "commit": self.commit,
            "directory": os.path.relpath(self.directory, root),
            "files": {
                name: {"size": file.size, "checksum": str(file.checksum)} for name, file in sorted(self.files.items())
            },
        }

    @classmethod
    def from_json(cls, held: Mapping[str, Any], root: Path) -> Self:
        """What ``to_json`` made plain data of; KeyError, TypeError or ValueError where it is something else."""
        files = {
            name: BakedFile(file["size"], Checksum.parse(file["checksum"])) for name, file in held["files"].items()
        }
        directory = Path(os.path.normpath(root / held["directory"]))
        return cls(held["name"], held["revision"], held["commit"], directory, files)


def read(root: Path) -> list[Baked]:
    """Return what has been baked into a directory, in the order of its names; nothing where there is no manifest.

    Raises:
        OSError: the manifest cannot be read.
        ValueError: it is none.
    """
    try:
        held = json.loads((root / NAME).read_bytes())
    except FileNotFoundError:
        return []
    try:
        return [Baked.from_json(each, root) for each in held["models"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is not what bake writes") from error


def add(root: Path, more: Sequence[Baked]) -> None:
    """Write down what has been baked now, beside what was there before in other directories.

    Raises:
        OSError: the manifest cannot be read or written.
        ValueError: what is there is no manifest.
    """
    models = {baked.directory: baked for baked in (*read(root), *more)}
    ordered = sorted(models.values(), key=lambda baked: (baked.name, str(baked.directory)))
    held = {"version": _VERSION, "models": [baked.to_json(root) for baked in ordered]}
    write_whole(root / NAME, (json.dumps(held, indent=2) + "\n").encode())
