"""The memory of the container that the worker runs in, as its control group tells it."""

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
    """The memory of the control group at `root`, of version 2 or 1; None where none is told."""
    return _memory(root, "memory.max", "memory.current", "memory.peak") or _memory(
        root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.max_usage_in_bytes"
    )


def _memory(directory: Path, limit: str, used: str, most_used: str) -> ContainerMemory | None:
    now = _number(directory / used)
    if now is None:
        return None
    most = _number(directory / limit)
    return ContainerMemory(most if most is not None and most < BEYOND else None, now, _number(directory / most_used))


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        # No such file, or `max`.
        return None
