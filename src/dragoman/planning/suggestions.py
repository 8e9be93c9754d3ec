"""What to set, in the words of each platform."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dragoman.planning.fitting import Fit, Remedy
from dragoman.platforms import PLATFORMS, catalogue_of
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.resolution import WORKER_DEFAULT, Resolution, ResolvedSetting
from dragoman.settings.values import Value
from dragoman.written.spellings import Spelling
from dragoman.written.target import Draft, File, Target

# What a plan depends on.
_COUNTING = frozenset(
    {
        *("max_model_len", "dtype", "kv_cache_dtype", "quantization", "block_size", "max_num_seqs"),
        *("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size", "max_num_batched_tokens"),
        *("gpu_memory_utilization", "kv_cache_memory_bytes", "enable_prefix_caching", "enforce_eager"),
    }
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to set on one platform.

    Args:
        target: the platform, or `cli`.
        files: the texts to paste.
    """

    target: str
    files: tuple[File, ...]


def wanted(model: str, resolution: Resolution, found: Fit, remedies: Sequence[Remedy]) -> dict[str, Value]:
    """Return the settings by which a model fits.

    They are those that somebody has set and that count, the degree that was chosen, and the first remedy that is a
    setting.
    """
    chosen = {setting.name: setting.value for setting in resolution.settings if _is_chosen(setting)}
    settings: dict[str, Value] = {"model": model, **chosen}
    if found.degree > 1:
        settings["tensor_parallel_size"] = found.degree
    remedy = next((remedy for remedy in remedies if remedy.settings), None)
    return {**settings, **dict(remedy.settings if remedy else ())}


def _is_chosen(setting: ResolvedSetting) -> bool:
    return setting.name in _COUNTING and setting.is_set and not setting.source.startswith(WORKER_DEFAULT)


def suggestions(settings: dict[str, Value], resolution: Resolution) -> Iterator[Suggestion]:
    """Yield the settings as each platform has them, the command line first."""
    for platform in reversed(PLATFORMS):
        target = platform.target
        spelled = tuple(_spelled(settings, target, catalogue_of(platform)))
        draft = Draft(spellings=spelled, secrets=(), notes=(), resolution=resolution, gpus=None)
        yield Suggestion(target.name, tuple(file for file in target.files(draft) if file.text.strip()))


def _spelled(settings: dict[str, Value], target: Target, catalogue: Catalogue) -> Iterator[Spelling]:
    for name, value in settings.items():
        yield from list(target.spellings(catalogue[name], value, catalogue))[:1]
