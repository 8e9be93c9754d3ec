"""Amounts as people write them."""

GIB = 2**30
MIB = 2**20


def gib(count: float) -> str:
    """Return bytes in GiB, with as many digits as tell something."""
    size = count / GIB
    return f"{size:.0f} GiB" if size >= 100 else f"{size:.1f} GiB" if size >= 0.95 else f"{count / MIB:.0f} MiB"


def counted(count: int, noun: str) -> str:
    """Return how many things there are."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: "list[str] | tuple[str, ...]", most: int = 3) -> str:
    """Return the first of many names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
