"""The variables of the worker's processes."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dragoman.platforms.runpod.configuration import baked
from dragoman.platforms.runpod.configuration.model_cache import HUB
from dragoman.platforms.runpod.configuration.variables import SETTINGS
from dragoman.settings.assignments import Settled
from dragoman.settings.values import TRUE, Value

_DATASETS = Path("huggingface-cache/datasets")
_HUBS = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
_OFFLINE = ("TRANSFORMERS_OFFLINE", "HF_HUB_OFFLINE")
# They are this worker's, and vLLM warns about names that begin like its own and that it does not know.
_CONSUMED = (
    "VLLM_ATTENTION_BACKEND",
    "VLLM_BASE_URL",
    "VLLM_CONFIG_FILE",
    "VLLM_CPU_FRACTION",
    "VLLM_EXTRA_ARGS",
    "VLLM_PORT",
    "VLLM_STARTUP_TIMEOUT",
)
# The SDK counts in whole seconds.
_SHORTEST_INTERVAL = 1000
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


def environ(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Mapping[str, str | None]:
    """Return the variables that the processes shall have; None for those that they shall not."""
    return {
        **{name: None for name in _CONSUMED if name in environment},
        **dict(_caches(Path(_value(settled, "base_path")), environment)),
        **dict(_offline(settled, environment)),
        **dict(_sdk(settled)),
    }


def _value(settled: Mapping[str, Settled], name: str) -> Value:
    return settled[name].value if name in settled else _DEFAULTS[name]


def _sdk(settled: Mapping[str, Settled]) -> Iterator[tuple[str, str]]:
    """Yield what the SDK reads when it is imported, where it takes only what it knows."""
    yield "RUNPOD_LOG_LEVEL", _value(settled, "runpod_log_level")
    yield "RUNPOD_PING_INTERVAL", str(max(_SHORTEST_INTERVAL, _value(settled, "runpod_ping_interval")))


def _caches(base: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield where models are kept, unless the user has said so, or nothing can be kept there."""
    if not is_usable(base):
        return
    if not any(environment.get(name) for name in _HUBS):
        yield from dict.fromkeys(_HUBS, str(base / HUB)).items()
    if not environment.get("HF_DATASETS_CACHE") and not environment.get("HF_HOME"):
        yield "HF_DATASETS_CACHE", str(base / _DATASETS)


def is_usable(directory: Path) -> bool:
    """Return whether the directory is there, or can be made."""
    if directory.exists():
        return directory.is_dir()
    parent = next(path for path in directory.absolute().parents if path.exists())
    return parent.is_dir() and os.access(parent, os.W_OK)


def _offline(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield that the hub is not asked, where the model is in the image and nothing else comes from the hub."""
    loading = environment.get("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "").strip().lower() in TRUE
    if baked.is_baked(settled.get("model")) and not loading and all(map(os.path.exists, _others(settled))):
        yield from ((name, "1") for name in _OFFLINE if not environment.get(name))


def _others(settled: Mapping[str, Settled]) -> Iterator[str]:
    """Yield what else is loaded: adapters, the tokenizer, and a model that speculates."""
    if modules := settled.get("lora_modules"):
        yield from (str(module["path"]) for module in modules.value)
    if tokenizer := settled.get("tokenizer"):
        yield tokenizer.value
    speculation = settled.get("speculative_config")
    if speculation and "model" in speculation.value:
        yield str(speculation.value["model"])
