"""Where DJL Serving keeps what it downloads."""

from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SERVING_DOWNLOAD_DIR"

_CACHE = "DJL_CACHE_DIR"
_DEFAULT = "/tmp/.djl.ai"  # noqa: S108 - DJL Serving's


def download_directory(environment: Mapping[str, str]) -> Path:
    """Return the directory that has one for each URL in it."""
    parent = environment.get(VARIABLE) or environment.get(_CACHE) or _DEFAULT
    return Path(parent) / "download"
