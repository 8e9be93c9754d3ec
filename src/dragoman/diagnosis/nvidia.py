"""NVIDIA's driver and GPUs, as the kernel and nvidia-smi tell of them, and what CUDA needs of both."""

import csv
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.diagnosis.units import MIB

# NVIDIA's release notes of the CUDA toolkit: below the first driver nothing of that major version runs; below the
# second, of that minor version, what is compiled when it is first used (PTX) does not.
OLDEST = {11: "450.80.02", 12: "525.60.13", 13: "580.65.06"}
COMPLETE = {
    "12.0": "525.60.13",
    "12.1": "530.30.02",
    "12.2": "535.54.03",
    "12.3": "545.23.06",
    "12.4": "550.54.14",
    "12.5": "555.42.02",
    "12.6": "560.28.03",
    "12.7": "565.57.01",
    "12.8": "570.26",
    "12.9": "575.51.03",
    "13.0": "580.65.06",
}
# CUDA 13 has dropped what is older than Turing, and vLLM's CUDA 12 builds what is older than Volta.
CAPABILITY = {12: 7.0, 13: 7.5}
TOOL = "nvidia-smi"
_QUERY = ("index", "uuid", "name", "memory.total", "memory.used", "compute_cap")
_SECONDS = 4.0
_VERSION = re.compile(r"\b(\d{3}\.\d+(\.\d+)?)\b")


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as nvidia-smi tells of it.

    Args:
        index: its number.
        uuid: its name for CUDA.
        name: its model.
        total: bytes of memory.
        used: bytes that somebody has.
        capability: CUDA's compute capability; None where an old driver does not say.
    """

    index: str
    uuid: str
    name: str
    total: int
    used: int
    capability: float | None


def driver_version(proc: Path) -> str | None:
    """Return the version of the kernel's driver; None where none is loaded.

    The line is such as `NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 …`.
    """
    try:
        found = _VERSION.search((proc / "driver" / "nvidia" / "version").read_text().partition("\n")[0])
    except OSError:
        return None
    return found[1] if found else None


def list_gpus() -> tuple[Gpu, ...] | None:
    """Return the GPUs that nvidia-smi lists; None where it does not work."""
    command = shutil.which(TOOL)
    if command is None:
        return None
    query = [command, f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return tuple(parsed(done.stdout))


def parsed(listing: str) -> Iterator[Gpu]:
    """Yield the GPUs of nvidia-smi's list: numbers of MiB, and `[N/A]` where a GPU does not say."""
    for row in csv.DictReader(listing.splitlines(), fieldnames=_QUERY, skipinitialspace=True):
        yield Gpu(
            row["index"],
            row["uuid"],
            row["name"],
            _number(row, "memory.total") * MIB,
            _number(row, "memory.used") * MIB,
            float(row["compute_cap"]) if re.fullmatch(r"\d+\.\d+", row["compute_cap"] or "") else None,
        )


def _number(row: Mapping[str, str], name: str) -> int:
    return int(row[name]) if (row[name] or "").isdigit() else 0
