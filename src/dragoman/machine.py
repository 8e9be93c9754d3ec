"""What this machine has, found out without importing anything heavy."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Self

import psutil

from dragoman.cgroups import container_cores, container_memory

NVIDIA_GPUS = Path("/proc/driver/nvidia/gpus")
CPUS = Path("/sys/devices/system/cpu")
_NVIDIA_SMI_SECONDS = 10


@dataclass(frozen=True)
class Cores:
    """What can compute for this process.

    Args:
        physical: how many physical cores it may run on.
        granted: how many cores' worth of time its container may use; None for any amount.
    """

    physical: int
    granted: float | None

    @property
    def threads(self) -> int:
        """How many threads can compute all the time."""
        return self.physical if self.granted is None else max(1, min(self.physical, int(self.granted)))


@dataclass(frozen=True)
class Memory:
    """What this process may use, in bytes.

    Args:
        total: how much there is, to the container where that has less than the machine.
        available: how much of it is left.
        limited: whether it is the container's limit that leaves no more.
    """

    total: int
    available: int
    limited: bool

    def shared(self, share: float) -> Self:
        """What is left to one who may have that part of all of it."""
        return replace(self, available=min(self.available, int(self.total * share)))


def cores(cpus: Path = CPUS) -> Cores:
    """Return the cores that the process may run on.

    A core counts once however many threads it runs at a time: one thread on each is what vLLM binds on a CPU, too.
    """
    allowed = os.sched_getaffinity(0)
    return Cores(len({_siblings(cpus, cpu) for cpu in allowed}), container_cores())


def _siblings(cpus: Path, cpu: int) -> str:
    """Return the processors that share a core with this one; itself where the kernel does not say."""
    try:
        return (cpus / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return str(cpu)


def memory() -> Memory:
    """Return the memory of the machine, or of the container where that leaves less."""
    whole, container = psutil.virtual_memory(), container_memory()
    if container is None or container.limit is None or container.limit - container.used >= whole.available:
        return Memory(whole.total, whole.available, limited=False)
    return Memory(container.limit, max(0, container.limit - container.used), limited=True)


def count_gpus(environment: Mapping[str, str]) -> int:
    """Return how many NVIDIA GPUs a process with this environment would see."""
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return count_visible(visible)
    if NVIDIA_GPUS.is_dir():
        return len(os.listdir(NVIDIA_GPUS))
    return count_listed()


def count_visible(visible: str) -> int:
    """Count the devices of a CUDA_VISIBLE_DEVICES; CUDA ignores everything from the first invalid one on."""
    count = 0
    for device in visible.split(","):
        if not device.strip() or device.strip().startswith(("-", "NoDev")):
            break
        count += 1
    return count


def count_listed() -> int:
    """Count the lines of `nvidia-smi -L`; 0 where it does not work."""
    command = shutil.which("nvidia-smi")
    return 0 if command is None else _listed(command)


@cache
def _listed(command: str) -> int:
    """Ask once: it takes long where there are many, and hangs where a driver does."""
    try:
        listing = subprocess.run(
            [command, "-L"], capture_output=True, text=True, check=True, timeout=_NVIDIA_SMI_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in listing.stdout.splitlines())


def has_cpp_compiler(environment: Mapping[str, str]) -> bool:
    """Return whether torch.compile would find its C++ compiler: CXX, else g++."""
    return shutil.which(environment.get("CXX") or "g++", path=environment.get("PATH")) is not None
