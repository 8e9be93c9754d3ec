"""The files that a model's weights are in, looked at without loading them."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open

from dragoman.downloads.files import SHARDS
from dragoman.downloads.repositories import Repository, shards_in

LFS = "Git LFS"
# What the files begin with that Git has instead of large ones: https://git-lfs.com, "Specification".
_POINTER = b"version https://git-lfs.github.com/spec/"
_LARGEST_POINTER = 1024
_SUFFIXES = (".safetensors", ".bin", ".pt", ".gguf")
_GGUF = b"GGUF"
UNREADABLE = "this user may not read it"
_NO_FILE = "it is not a file"


@dataclass(frozen=True, slots=True)
class Weights:
    """What is wrong with them.

    Args:
        count: how many files there are.
        missing: files that the index names and that are not there.
        pointers: files that only say where they are.
        broken: files that cannot be read, with the reason.
        unfinished: files in the hub's cache of which only a part was downloaded.
    """

    count: int
    missing: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)
    unfinished: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether there are some and nothing is wrong with them."""
        return bool(self.count) and not (self.missing or self.pointers or self.broken or self.unfinished)


def examined(repository: Repository, directory: Path) -> Weights:
    """Look at the weights that vLLM will load from a directory: their names, beginnings and lengths.

    Raises:
        OSError: the directory cannot be read.
    """
    index = _index_problem(directory / SHARDS)
    files = [path for path in (*repository.files(directory), *_odd(repository, directory)) if path.suffix in _SUFFIXES]
    pointers = tuple(path.name for path in files if _is_pointer(path))
    broken = {path.name: reason for path in files if path.name not in pointers and (reason := _problem(path))}
    missing = () if index else tuple(name for name in shards_in(directory) if not (directory / name).exists())
    broken |= {SHARDS: index} if index else {}
    return Weights(len(files), missing, pointers, broken, tuple(_unfinished(repository)))


def _odd(repository: Repository, directory: Path) -> Iterator[Path]:
    """Yield what is named like a file that vLLM will read, and is a pipe, a socket or a device."""
    names = [path.name for path in directory.iterdir() if path.exists() and not path.is_file() and not path.is_dir()]
    yield from (directory / name for name in repository.wanted(names))


def _index_problem(path: Path) -> str | None:
    """Why the index of the shards cannot be understood; None where there is none, or it can."""
    if not path.exists():
        return None
    if not path.is_file():
        return _NO_FILE
    try:
        shards = json.loads(path.read_bytes())["weight_map"].values()
    except PermissionError:
        return UNREADABLE
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return "it is no index"
    return None if all(isinstance(shard, str) for shard in shards) else "it is no index"


def _is_pointer(path: Path) -> bool:
    if not path.is_file():
        return False
    if path.stat().st_size > _LARGEST_POINTER or not os.access(path, os.R_OK):
        return False
    return path.read_bytes().startswith(_POINTER)


def _problem(path: Path) -> str | None:
    """Why a file of weights cannot be read; None where its beginning and its length are right."""
    if not path.is_file():
        return _NO_FILE
    if not path.stat().st_size:
        return "it is empty"
    if not os.access(path, os.R_OK):
        return UNREADABLE
    if path.suffix == ".gguf":
        with path.open("rb") as file:
            return None if file.read(len(_GGUF)) == _GGUF else "it is no GGUF file"
    if path.suffix != ".safetensors":
        return None
    try:
        with safe_open(path, framework="numpy"):
            return None
    except SafetensorError as error:
        return _in_words(str(error))


def _in_words(reason: str) -> str:
    if "MetadataIncompleteBuffer" in reason or "incomplete metadata" in reason:
        return "it is shorter than its header says"
    return f"its header is damaged ({reason.removeprefix('Error while deserializing header: ')})"


def _unfinished(repository: Repository) -> Iterator[str]:
    """Yield the parts of files that huggingface_hub has left in its cache."""
    if repository.on_hub:
        blobs = repository.cache / ("models--" + repository.name.replace("/", "--")) / "blobs"
        yield from sorted(path.name for path in blobs.glob("*.incomplete"))
