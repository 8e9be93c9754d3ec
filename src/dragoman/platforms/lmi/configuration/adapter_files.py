"""The adapters that lie in a model directory: `adapters/<name>/adapter_config.json`."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from json import loads
from pathlib import Path

from dragoman.settings.files import names_in
from dragoman.settings.values import Value

FOLDER = "adapters"
CONFIGURATION = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """An adapter on disk, called like its directory."""

    directory: Path

    @property
    def name(self) -> str:
        """The name by which requests ask for it."""
        return self.directory.name

    @property
    def module(self) -> dict[str, Value]:
        """The adapter as an item of lora_modules."""
        return {"name": self.name, "path": os.path.abspath(self.directory)}

    def problem(self, largest_rank: int) -> str | None:
        """Return why vLLM could not load it; None where it may."""
        try:
            rank = loads((self.directory / CONFIGURATION).read_bytes()).get("r")
        except (OSError, ValueError, AttributeError, RecursionError):
            return f"has no {CONFIGURATION} that can be read"
        if isinstance(rank, int) and rank > largest_rank:
            return f"has rank {rank}, which is more than max_lora_rank {largest_rank}: set option.max_lora_rank={rank}"
        return None


def adapters_in(directory: Path) -> Iterator[AdapterFile]:
    """Yield the adapters in a model directory, by name."""
    yield from (AdapterFile(folder) for folder in _folders(directory) if _is_adapter(folder))


def others_in(directory: Path) -> Iterator[Path]:
    """Yield the directories that lie where a model's adapters do and are none."""
    yield from (folder for folder in _folders(directory) if not _is_adapter(folder))


def _folders(directory: Path) -> Iterator[Path]:
    folders = (directory / FOLDER / name for name in names_in(directory / FOLDER))
    yield from (folder for folder in folders if os.path.isdir(folder))


def _is_adapter(folder: Path) -> bool:
    return os.path.lexists(folder / CONFIGURATION)
