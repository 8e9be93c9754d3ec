"""Models that the platform has put on the worker's volume before it starts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from dragoman.platforms.runpod.configuration.variables import VOLUME
from dragoman.settings.hub_cache import snapshot
from dragoman.settings.rules import WEAKEST, Change, Outcome
from dragoman.settings.values import Value
from dragoman.settings.view import View

HUB = Path("huggingface-cache/hub")
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_CONFIGURATIONS = ("config.json", "params.json")
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.gguf")


def cached_model(view: View) -> Iterator[Outcome]:
    """Load a model from the cache, where all of it is there, and serve it by the name that it has on the hub."""
    model = view.settled("model")
    if model is None or view.get("engine_url") or not _HUB_NAME.fullmatch(model.value) or Path(model.value).exists():
        return
    for volume in dict.fromkeys((view.get("base_path", VOLUME), VOLUME)):
        directory = snapshot(Path(volume) / HUB, model.value, view.get("revision"))
        if directory and is_complete(directory):
            source = f"{model.source}, found in the model cache"
            yield Change("model", str(directory), source, model.rank)
            yield Change("served_model_name", [model.value], source, WEAKEST)
            return


def is_complete(directory: Path) -> bool:
    """Return whether a snapshot has its configuration and all of its weights, and nothing of it is still on its way."""
    blobs = directory.parent.parent / "blobs"
    if any(blobs.glob("*.incomplete")) or not any((directory / name).is_file() for name in _CONFIGURATIONS):
        return False
    indexes = list(directory.glob("*.index.json"))
    if indexes:
        return any(all((directory / name).exists() for name in _files(index)) for index in indexes)
    return any(path.exists() for pattern in _WEIGHTS for path in directory.glob(pattern))


def _files(index: Path) -> set[str]:
    """Return the files that an index of weights names; one that cannot be there where it is broken."""
    try:
        weights: Value = json.loads(index.read_bytes())["weight_map"]
        return set(weights.values())
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {"a broken index"}
