"""How much memory and how many descriptors the processes of a site have, and whether that grows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import linear_regression, mean

import psutil

from bench.servers import Process
from hardening.outcome import Breach, Figure

MIB = 1 << 20
FLAT = "memory and descriptors of every process stay flat"
MOST_GROWTH = 0.05
SPARE = 8.0
MOST_DESCRIPTORS = 5.0


@dataclass(frozen=True)
class Sample:
    """One process at one moment.

    Args:
        requests: how many had been served.
        memory: MiB that are its own.
        descriptors: how many it has open.
    """

    requests: int
    memory: float
    descriptors: int


@dataclass(frozen=True)
class Growth:
    """What a process gained over the second half of a run, by the line that fits its samples best.

    Args:
        name: the process.
        memory: MiB in the mean.
        gained: MiB.
        descriptors: how many in the mean.
        opened: how many more.
    """

    name: str
    memory: float
    gained: float
    descriptors: float
    opened: float

    @classmethod
    def of(cls, name: str, samples: Iterable[Sample]) -> "Growth":
        """Fit lines."""
        found = list(samples)
        later = found[len(found) // 2 :]
        at = [float(each.requests) for each in later]
        memory, descriptors = [each.memory for each in later], [float(each.descriptors) for each in later]
        return cls(name, mean(memory), _gain(at, memory), mean(descriptors), _gain(at, descriptors))

    @property
    def is_flat(self) -> bool:
        """Whether that is no more than what an allocator keeps and pools open now and then."""
        return self.gained <= SPARE + MOST_GROWTH * self.memory and self.opened <= MOST_DESCRIPTORS

    def figures(self) -> Iterator[Figure]:
        """Name the numbers."""
        yield Figure(f"{self.name}: memory", self.memory, "MiB")
        yield Figure(f"{self.name}: memory gained in the second half", self.gained, "MiB")
        yield Figure(f"{self.name}: descriptors", self.descriptors)
        yield Figure(f"{self.name}: descriptors gained in the second half", self.opened)


@dataclass
class Footprint:
    """The samples of all processes of some services.

    Args:
        services: by name.
    """

    services: Mapping[str, Process]
    samples: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)
    titles: dict[tuple[str, int], str] = field(default_factory=dict)

    def take(self, requests: int) -> None:
        """Take a sample of each process, when so many requests have been served."""
        for name, service in self.services.items():
            for process in sorted(service.family(), key=lambda each: each.pid):
                self._add(name, process, requests)

    def _add(self, name: str, process: psutil.Process, requests: int) -> None:
        key = name, process.pid
        try:
            self.titles.setdefault(key, f"{name}: {_title(process)}")
            sample = Sample(requests, process.memory_full_info().uss / MIB, process.num_fds())
        except psutil.Error:
            return
        self.samples.setdefault(key, []).append(sample)

    def growths(self) -> list[Growth]:
        """Tell what each process gained that was there all the time."""
        most = max(map(len, self.samples.values()), default=0)
        return [Growth.of(self.titles[key], found) for key, found in self.samples.items() if len(found) == most > 3]

    def breaches(self) -> Iterator[Breach]:
        """Find processes that grow."""
        for growth in self.growths():
            if not growth.is_flat:
                yield Breach.of(FLAT, growth)


def _gain(at: list[float], values: list[float]) -> float:
    return linear_regression(at, values).slope * (at[-1] - at[0])


def _title(process: psutil.Process) -> str:
    """What the process calls itself, or what it runs."""
    words = process.cmdline()
    return words[0].strip() if words and words[0].startswith(("dragoman ", "VLLM")) else process.name()
