"""Versions, and which of two is the older one."""

from packaging.version import InvalidVersion, Version


def is_older(version: str | None, than: str) -> bool:
    """Return whether one version comes before another; None and what is no version do not."""
    try:
        return version is not None and Version(version) < Version(than)
    except InvalidVersion:
        return False
