"""The NVIDIA GPUs of this machine, as nvidia-smi lists them."""

import csv
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

TOOL = "nvidia-smi"
MIB = 2**20
_QUERY = ("index", "uuid", "name", "memory.total", "memory.used", "memory.free", "compute_cap")


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as nvidia-smi tells of it.

    Args:
        index: its number.
        uuid: its name for CUDA.
        name: its model.
        total: bytes of memory.
        used: bytes that somebody has.
        free: bytes that nobody has; the driver keeps some for itself.
        capability: CUDA's compute capability; None where an old driver does not say.
    """

    index: str
    uuid: str
    name: str
    total: int
    used: int
    free: int
    capability: float | None


def list_gpus(patience: float) -> tuple[Gpu, ...] | None:
    """Return the GPUs that nvidia-smi lists; None where it does not work.

    Args:
        patience: seconds that it may take.
    """
    command = shutil.which(TOOL)
    if command is None:
        return None
    query = [command, f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=True, timeout=patience)
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
            _number(row, "memory.free") * MIB,
            float(row["compute_cap"]) if re.fullmatch(r"\d+\.\d+", row["compute_cap"] or "") else None,
        )


def _number(row: Mapping[str, str], name: str) -> int:
    return int(row[name]) if (row[name] or "").isdigit() else 0
