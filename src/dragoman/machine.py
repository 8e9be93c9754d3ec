"""What this machine has, found out without importing anything heavy."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

NVIDIA_GPUS = Path("/proc/driver/nvidia/gpus")
_NVIDIA_SMI_SECONDS = 10


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
    if command is None:
        return 0
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
