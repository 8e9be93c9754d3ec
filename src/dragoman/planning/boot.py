"""How long a start will take: as long as the last one of the same configuration, or else an estimate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dragoman.process.boots import Boots
from dragoman.process.timeline import DOWNLOADING, IMPORTING, Boot, BootPhase
from dragoman.settings.resolution import Resolution

# Bytes a second that estimates go by.
DOWNLOAD_RATE, READ_RATE = 100_000_000, 1_000_000_000
LAST, ESTIMATE = "last start", "estimate"
# Seconds of the bundled model's start on two cores, which docs/performance.md has; the weights' depend on their size.
_MEASURED: Mapping[str, float] = {
    "launching": 0.4,
    IMPORTING: 7.7,
    "configuring": 0.6,
    "starting EngineCore": 0.4,
    "loading the weights": 0.3,
    "sizing the KV cache": 0.9,
    "warming up EngineCore": 0.8,
    "building the application": 0.8,
    "warming up": 0.1,
}
_LOADING, _SIZING, _COMPILED = "loading the weights", "sizing the KV cache", "sizing and compiling"
# What torch.compile added there to a start of that model on that machine.
_COMPILING = 14.2
_FIRST = Boot(0.0, (BootPhase(IMPORTING, 0.0, 0.0),))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a start will be made of.

    Args:
        phases: their names and seconds, one after the other; None where nothing is known of one.
        beside: seconds of the download, which goes on while the engine is imported.
        basis: where the seconds come from: `LAST` or `ESTIMATE`.
    """

    phases: tuple[tuple[str, float | None], ...]
    beside: float
    basis: str

    @property
    def total(self) -> float | None:
        """All seconds; None where nothing is known of some."""
        if any(seconds is None for _, seconds in self.phases):
            return None
        known = {name: seconds or 0.0 for name, seconds in self.phases}
        return sum(known.values()) + max(0.0, self.beside - known.get(IMPORTING, 0.0))


def forecast(
    resolution: Resolution,
    environment: Mapping[str, str],
    *,
    files: int | None,
    to_download: int,
    is_eager: bool,
    is_gpu: bool,
) -> Forecast:
    """Return what the next start will be made of.

    Args:
        resolution: the settings.
        environment: the worker's, which says where earlier starts are kept.
        files: the bytes of the weights; None where they are not known.
        to_download: the bytes that are not on this machine yet.
        is_eager: whether nothing is compiled.
        is_gpu: whether it is on GPUs, where nothing has been measured.
    """
    download = to_download / DOWNLOAD_RATE
    set_here = {name: value for name, value in resolution.environment.items() if value is not None}
    last = Boots.of(resolution, {**environment, **set_here}).last(_FIRST)
    if last is not None:
        kept = [(phase.name, phase.seconds) for phase in last.phases if phase.name != DOWNLOADING]
        return Forecast(tuple(kept), download, LAST)
    return Forecast(tuple(_estimated(files, is_eager=is_eager, is_gpu=is_gpu)), download, ESTIMATE)


def _estimated(files: int | None, *, is_eager: bool, is_gpu: bool) -> Iterator[tuple[str, float | None]]:
    for name, seconds in _MEASURED.items():
        if name == _LOADING:
            yield name, None if files is None else seconds + files / READ_RATE
        elif name == _SIZING and not is_eager:
            yield _COMPILED, None if is_gpu else seconds + _COMPILING
        else:
            yield name, seconds
