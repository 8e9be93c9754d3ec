"""The models that a command line of vLLM's names, and where they are on this machine."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dragoman.downloads.files import LOADED, SHARDS, configuration_files, weight_files
from dragoman.settings.hub_cache import hub_directory, snapshot
from dragoman.settings.models import looks_like_path
from dragoman.settings.resolution import settle
from dragoman.settings.sources import CommandLine
from dragoman.settings.worker import load_catalogue

MODELSCOPE = "VLLM_USE_MODELSCOPE"

_CONFIGURATIONS = ("config.json", "params.json")


@dataclass(frozen=True)
class Repository:
    """A model, or the half of one, as vLLM will look for it.

    Args:
        name: a directory, or a name on the hub.
        revision: a branch, a tag or a commit; None for the main branch.
        cache: where huggingface_hub keeps it.
        token: what is shown to the hub; None for what huggingface_hub finds by itself.
        load_format: vLLM's setting; None where no weights are needed, or vLLM does not read them from files here.
        ignored: patterns of files that are not needed.
    """

    name: str
    revision: str | None
    cache: Path
    token: str | None = None
    load_format: str | None = None
    ignored: tuple[str, ...] = ()

    @property
    def on_hub(self) -> bool:
        """Whether the name can be one on the hub, rather than a path, a URL or a file of a repository."""
        return not os.path.exists(self.name) and not looks_like_path(self.name) and ":" not in self.name

    def local(self) -> Path | None:
        """The directory in which all of it is, as far as can be told without the hub; None where something misses."""
        if os.path.isdir(self.name):
            return Path(self.name)
        directory = snapshot(self.cache, self.name, self.revision) if self.on_hub else None
        return directory if directory and self._is_whole(directory) else None

    def wanted(self, files: Sequence[str], shards: Sequence[str] = ()) -> list[str]:
        """Those of the repository's files that vLLM will read; `shards` are those in the index of the safetensors."""
        weights = weight_files(files, self.load_format, self.ignored, shards) if self.load_format else []
        return [*configuration_files(files), *weights]

    def files(self, directory: Path) -> list[Path]:
        """The paths of the files in a directory that vLLM will read."""
        return [directory / name for name in self.wanted(_names(directory), shards_in(directory))]

    def _is_whole(self, directory: Path) -> bool:
        names, shards = _names(directory), shards_in(directory)
        weights = weight_files(names, self.load_format, self.ignored, shards) if self.load_format else [""]
        return not {*_CONFIGURATIONS}.isdisjoint(names) and bool(weights) and set(shards) <= set(names)


def repositories(engine_args: Sequence[str], environment: Mapping[str, str]) -> Iterator[Repository]:
    """Yield what a start with these arguments will read: the model, and its tokenizer where that is another's."""
    catalogue = load_catalogue([])
    defaults = {setting.name: setting.default for setting in catalogue}
    chosen = {name: settled.value for name, settled in settle(catalogue, (CommandLine(engine_args),)).items()}
    values = {**defaults, **chosen}
    if "model" not in chosen:
        return
    model = Repository(
        name=values["model"],
        revision=values["revision"],
        cache=hub_directory(environment),
        token=values["hf_token"] if isinstance(values["hf_token"], str) else None,
        load_format=values["load_format"] if values["load_format"] in LOADED else None,
        ignored=tuple(values["ignore_patterns"]),
    )
    yield replace(model, cache=Path(values["download_dir"])) if values["download_dir"] else model
    if values["tokenizer"] not in (None, model.name):
        revision = values["tokenizer_revision"] or model.revision
        yield replace(model, name=values["tokenizer"], revision=revision, load_format=None)


def shards_in(directory: Path) -> list[str]:
    """The files that a model's index of safetensors names; none where there is no index."""
    try:
        return sorted(set(json.loads((directory / SHARDS).read_bytes())["weight_map"].values()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []


def _names(directory: Path) -> list[str]:
    return [str(path.relative_to(directory)) for path in sorted(directory.rglob("*")) if path.is_file()]
