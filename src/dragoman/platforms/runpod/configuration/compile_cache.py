"""What vLLM has compiled and measured, kept on the volume for the workers to come."""

from collections.abc import Iterator
from pathlib import Path

from dragoman.platforms.runpod.configuration.variables import VOLUME
from dragoman.settings.rules import WEAKEST, Change, Outcome
from dragoman.settings.tuning.caches import is_writable
from dragoman.settings.view import View

NAME = "vllm_cache_root"
FOLDER = "vllm-cache"


def cache_root(view: View) -> Iterator[Outcome]:
    """Keep it beside the models, where a volume is there: a worker's own disk goes with the worker."""
    volume = Path(view.get("base_path", VOLUME))
    if view.settled(NAME) is None and not view.get("engine_url") and volume.is_dir() and is_writable(volume):
        yield Change(NAME, str(volume / FOLDER), f"worker default on RunPod: {volume} outlives the worker", WEAKEST)
