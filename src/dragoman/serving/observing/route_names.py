"""Which route a path belongs to, from a set that is known beforehand: nobody makes new time series by asking."""

import re
from collections.abc import Iterable

OTHER = "other"
SEGMENT = r"[^/]+"
REST = r".+"


class RouteNames:
    """Gives the pattern of a path.

    Args:
        patterns: paths; ``{name}`` stands for any one segment, a last segment ``*`` or ``{name:path}`` for one or more.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        known = [pattern.rstrip("/") or "/" for pattern in patterns]
        self._exact = frozenset(pattern for pattern in known if not _is_open(pattern))
        # Of several that a path has, the one with the fewest parameters.
        opened = sorted(filter(_is_open, known), key=lambda pattern: (pattern.count("{") + pattern.count("*"), pattern))
        self._open = tuple((re.compile(_expression(pattern)), pattern) for pattern in opened)

    def __call__(self, path: str) -> str:
        """The pattern; ``other`` for a path that has none."""
        path = path.rstrip("/") or "/"
        if path in self._exact:
            return path
        return next((pattern for expression, pattern in self._open if expression.fullmatch(path)), OTHER)


def _is_open(pattern: str) -> bool:
    return "{" in pattern or pattern.endswith("/*")


def _expression(pattern: str) -> str:
    return "/".join(map(_segment, pattern.split("/")))


def _segment(segment: str) -> str:
    if segment == "*" or segment.endswith(":path}"):
        return REST
    return SEGMENT if segment.startswith("{") else re.escape(segment)
