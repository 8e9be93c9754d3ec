"""What a start was made of: its phases with their seconds."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

IMPORTING = "importing"
DOWNLOADING = "downloading"
# A launch begins with the first, every other preloader with the second.
WITH_IMPORT = frozenset(("launching", IMPORTING))


@dataclass(frozen=True)
class BootPhase:
    """One phase of a start.

    Args:
        name: what went on.
        begins: seconds from the beginning of the start to that of the phase.
        seconds: how long it lasted.
    """

    name: str
    begins: float
    seconds: float


@dataclass(frozen=True)
class Boot:
    """A start from the launch, or from the death before it, to the first token.

    Args:
        seconds: how long it took.
        phases: one after the other, but for the download, which goes on beside them.
    """

    seconds: float
    phases: tuple[BootPhase, ...]

    @property
    def imported(self) -> bool:
        """Whether the engine is imported in it; such starts take several times as long as others."""
        return any(phase.name in WITH_IMPORT for phase in self.phases)

    @property
    def durations(self) -> dict[str, float]:
        """The seconds of each phase by its name."""
        return {phase.name: phase.seconds for phase in self.phases}

    def to_json(self) -> dict[str, Any]:
        """The start as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The start that ``to_json`` told.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        phases = (
            BootPhase(str(each["name"]), float(each["begins"]), float(each["seconds"])) for each in data["phases"]
        )
        return cls(float(data["seconds"]), tuple(phases))


class Timeline:
    """Notes the phases of one start as they come.

    Args:
        began: when the start began, seconds of the clock.
        phase: what goes on first.
        clock: seconds.
    """

    def __init__(self, began: float, phase: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._began = began
        self._clock = clock
        self._phases = [(phase, began)]
        self._download: tuple[float, float | None] | None = None

    @property
    def phase(self) -> str:
        """What goes on now."""
        return self._phases[-1][0]

    def __contains__(self, phase: object) -> bool:
        return any(phase == name for name, _ in self._phases)

    def enter(self, phase: str) -> None:
        """Notes that a phase begins, and that the one before it is over."""
        if phase != self.phase:
            self._phases.append((phase, self._clock()))

    def begin_download(self) -> None:
        """Notes that something is downloaded beside the phases."""
        if self._download is None:
            self._download = (self._clock(), None)

    def end_download(self) -> None:
        """Notes that all of it is there."""
        if self._download is not None:
            self._download = (self._download[0], self._clock())

    def boot(self) -> Boot:
        """The start, which is over now."""
        end = self._clock()
        ends = [began for _, began in self._phases[1:]] + [end]
        phases = [self._made(name, began, until) for (name, began), until in zip(self._phases, ends, strict=True)]
        if self._download is not None:
            began, until = self._download
            phases.append(self._made(DOWNLOADING, began, until or end))
        phases.sort(key=lambda phase: phase.begins)
        return Boot(round(end - self._began, 3), tuple(_one_of_each(phases)))

    def _made(self, name: str, began: float, until: float) -> BootPhase:
        return BootPhase(name, round(began - self._began, 3), round(until - began, 3))


def _one_of_each(phases: Sequence[BootPhase]) -> Iterator[BootPhase]:
    """The phases with the seconds of those that came several times put together."""
    for name in dict.fromkeys(phase.name for phase in phases):
        same = [phase for phase in phases if phase.name == name]
        yield BootPhase(name, same[0].begins, round(sum(phase.seconds for phase in same), 3))


@dataclass(frozen=True)
class BootReport:
    """A start beside the last one of the same configuration that did the same.

    Args:
        boot: the start.
        last: the one before; None where none is known.
    """

    boot: Boot
    last: Boot | None

    def to_json(self) -> dict[str, Any]:
        """The report as it travels to the server process."""
        return {"boot": self.boot.to_json(), "last": self.last.to_json() if self.last else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The report that ``to_json`` told."""
        last = data["last"]
        return cls(Boot.from_json(data["boot"]), Boot.from_json(last) if last else None)

    def summary(self) -> dict[str, Any]:
        """What /health tells of it: the phases, all seconds, and those of the last start."""
        boot = self.boot.to_json()
        return {
            "phases": boot["phases"],
            "total": self.boot.seconds,
            "last_total": self.last.seconds if self.last else None,
        }

    def table(self) -> Iterator[str]:
        """The lines of a table: each phase, when it began, how long it took, and how long it did last time."""
        last = self.last.durations if self.last else {}
        yield _row("phase", "at", "took", "last time")
        for phase in self.boot.phases:
            yield _row(phase.name, _seconds(phase.begins), _seconds(phase.seconds), _seconds(last.get(phase.name)))
        yield _row("in all", "", _seconds(self.boot.seconds), _seconds(self.last.seconds if self.last else None))


def _row(name: str, *cells: str) -> str:
    return f"  {name:<28}" + "".join(f"{cell:>11}" for cell in cells)


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f} s"
