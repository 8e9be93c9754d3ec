"""What to set, in the words of each platform: the configuration that was planned, written for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dragoman.planning.fitting import Fit, Remedy
from dragoman.platforms import PLATFORMS
from dragoman.settings.resolution import Resolution, ResolvedSetting
from dragoman.settings.values import Value
from dragoman.written.target import File
from dragoman.written.writing import write

# The command that has chosen a setting, and where it says that the setting comes from.
_COMMAND = "plan"
_DEGREE, _GPUS = "tensor_parallel_size", "gpus"
# The texts are for machines of which nothing is known but their GPUs.
_ELSEWHERE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to set on one platform.

    Args:
        target: the platform, or `cli`.
        files: the texts to paste.
    """

    target: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What makes the settings of a plan out of those that were found.

    Args:
        chosen: what the plan has chosen, by the settings' names.
        usual: what vLLM decides by itself where nobody has said it; to be said where a platform decides otherwise.
        gpus: how many GPUs there are to be.
    """

    chosen: Mapping[str, Value]
    usual: Mapping[str, Value]
    gpus: int


def wanted(model: str, resolution: Resolution, found: Fit, remedies: Sequence[Remedy]) -> Wanted | None:
    """Return what was chosen: the degree, and the first remedy that is a setting.

    None where the model is a file that stands for itself, which no worker serves.
    """
    if model != resolution.value("model"):
        return None
    engine, remedy = found.case.engine, next((remedy for remedy in remedies if remedy.settings), None)
    planned = {_DEGREE: found.degree, **dict(remedy.settings if remedy else ())}
    return Wanted(
        chosen={name: value for name, value in planned.items() if value != resolution.value(name)},
        usual={
            "max_model_len": engine.length,
            "max_num_seqs": engine.sequences,
            "max_num_batched_tokens": engine.batched,
        },
        gpus=max(found.case.device.count, found.case.devices(planned[_DEGREE])) if found.case.device.is_gpu else 0,
    )


def suggestions(settings: Wanted | None, resolution: Resolution) -> Iterator[Suggestion]:
    """Yield the settings as each platform has them, the command line first; nothing where nothing can be set."""
    if settings is None:
        return
    planned = replace(resolution, settings=tuple(_planned(each, settings) for each in resolution.settings))
    for platform in reversed(PLATFORMS):
        written = write(planned, platform.target, _ELSEWHERE, command=_COMMAND)
        yield Suggestion(written.target, written.files)


def _planned(setting: ResolvedSetting, settings: Wanted) -> ResolvedSetting:
    """Return a setting as it was planned."""
    if setting.name == _GPUS:
        return replace(setting, value=settings.gpus)
    if setting.name in settings.chosen:
        return replace(setting, value=settings.chosen[setting.name], source=_COMMAND, overridden=())
    if setting.value is None and setting.name in settings.usual:
        return replace(setting, value=settings.usual[setting.name])
    return setting
