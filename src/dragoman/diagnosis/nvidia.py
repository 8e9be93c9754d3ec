"""NVIDIA's driver, as the kernel tells of it, and what CUDA needs of it and of the GPUs."""

import re
from pathlib import Path

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
_VERSION = re.compile(r"\b(\d{3}\.\d+(\.\d+)?)\b")


def driver_version(proc: Path) -> str | None:
    """Return the version of the kernel's driver; None where none is loaded.

    The line is such as `NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 …`.
    """
    try:
        found = _VERSION.search((proc / "driver" / "nvidia" / "version").read_text().partition("\n")[0])
    except OSError:
        return None
    return found[1] if found else None
