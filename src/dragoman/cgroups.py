"""What the container that the worker runs in may use, as its control group tells it, of version 2 or 1."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
# Version 1 says that there is no limit by one that no machine reaches.
BEYOND = 1 << 60


@dataclass(frozen=True)
class ContainerMemory:
    """Bytes.

    Args:
        limit: how much the container may use; None for any amount.
        used: how much it uses.
        most_used: the most that it ever used; None where an old kernel does not say.
    """

    limit: int | None
    used: int
    most_used: int | None


def container_memory(root: Path = ROOT) -> ContainerMemory | None:
    """The memory of the control group at `root`; None where none is told."""
    return _memory(root, "memory.max", "memory.current", "memory.peak") or _memory(
        root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.max_usage_in_bytes"
    )


def container_cores(root: Path = ROOT) -> float | None:
    """How many cores' worth of time the control group at `root` may use; None for any amount.

    Version 2 has quota and period in `cpu.max`, version 1 in a file each, where a quota of -1 is none.
    """
    quota, _, period = _text(root / "cpu.max").partition(" ")
    directory = root / "cpu"
    microseconds = _number(quota or _text(directory / "cpu.cfs_quota_us"))
    length = _number(period or _text(directory / "cpu.cfs_period_us"))
    return microseconds / length if microseconds and length and microseconds > 0 else None


def _memory(directory: Path, limit: str, used: str, most_used: str) -> ContainerMemory | None:
    now = _number(_text(directory / used))
    if now is None:
        return None
    most = _number(_text(directory / limit))
    limited = most if most is not None and most < BEYOND else None
    return ContainerMemory(limited, now, _number(_text(directory / most_used)))


def _text(file: Path) -> str:
    """What the file holds; nothing where it cannot be read."""
    try:
        return file.read_text()
    except (OSError, ValueError):
        return ""


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        # Nothing, or `max`.
        return None
