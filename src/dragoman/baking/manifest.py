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
LOCK = ".dragoman-bake.lock"
# What a bake keeps for itself beside the models.
OWN = frozenset((NAME, LOCK))

_VERSION = 1
_OTHER = "it is not what bake writes"


@dataclass(frozen=True)
class BakedFile:
    """A file: its size in bytes, and what its contents are."""

    size: int
    checksum: Checksum

    def to_json(self) -> dict[str, Any]:
        """It as plain data."""
        return {"size": self.size, "checksum": str(self.checksum)}

    @classmethod
    def from_json(cls, held: object) -> Self:
        """What ``to_json`` made plain data of; ValueError where it is something else."""
        match held:
            case {"size": int(size), "checksum": str(checksum)} if not isinstance(size, bool):
                return cls(size, Checksum.parse(checksum))
        raise ValueError(_OTHER)


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

    @property
    def stays(self) -> bool:
        """Whether it lies where it came from: it is somebody else's."""
        return self.directory == Path(os.path.abspath(self.name))

    def to_json(self, root: Path) -> dict[str, Any]:
        """It as plain data, with its directory as seen from the root."""
        return {
            "name": self.name,
            "revision": self.revision,
            "commit": self.commit,
            "directory": os.path.relpath(self.directory, root),
            "files": {name: file.to_json() for name, file in sorted(self.files.items())},
        }

    @classmethod
    def from_json(cls, held: object, root: Path) -> Self:
        """What ``to_json`` made plain data of; ValueError where it is something else, or leads out of the root."""
        match held:
            case {
                "name": str(name),
                "revision": None | str() as revision,
                "commit": None | str() as commit,
                "directory": str(text),
                "files": dict(files),
            }:
                directory = _below(root, text)
                for file in files:
                    _below(directory, file)
                return cls(
                    name, revision, commit, directory, {file: BakedFile.from_json(each) for file, each in files.items()}
                )
        raise ValueError(_OTHER)


def _below(directory: Path, text: str) -> Path:
    """Return the path that a text is in a directory; ValueError where it leads out of it, or no path can be so."""
    path = Path(os.path.normpath(directory / text))
    if b"\0" in os.fsencode(path) or not path.is_relative_to(directory):
        raise ValueError(f"{text!r} does not lie in {directory}")
    return path


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
    except RecursionError as error:
        raise ValueError(_OTHER) from error
    match held:
        case {"models": list(models)}:
            return [Baked.from_json(each, root) for each in models]
    raise ValueError(_OTHER)


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
