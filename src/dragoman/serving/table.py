"""Which handler answers a request: one row a method and a path pattern."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import unquote

from starlette.requests import Request
from starlette.types import ASGIApp, Scope

from dragoman.errors import DragomanError

Handler = Callable[[Request], Awaitable[ASGIApp]]
"""Answers a request, whose ``path_params`` are those of the row's pattern; what it gives sends the answer.

Both may raise the errors that the platform tells; anything else is one that nobody expected.
"""

ANY = "*"


class NoRouteError(DragomanError):
    """No row has the path.

    Args:
        path: the path.
    """

    status = HTTPStatus.NOT_FOUND

    def __init__(self, path: str) -> None:
        super().__init__("Nothing is at this path.")
        self.path = path


class WrongMethodError(DragomanError):
    """The path has rows, but none for the method.

    Args:
        method: the method.
        allowed: those that the path has.
    """

    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        super().__init__("This path has other methods.")
        self.method = method
        self.allowed = tuple(sorted(allowed))


@dataclass(frozen=True)
class Route:
    """A row.

    Args:
        method: the HTTP method.
        pattern: the path: ``{name}`` stands for any one segment, a last segment ``*`` for one or more.
        handler: what answers.
    """

    method: str
    pattern: str
    handler: Handler

    def match(self, segments: Sequence[str]) -> Mapping[str, str] | None:
        """The parameters in a path of this pattern; None for another path."""
        own = self._segments
        if own[-1] == ANY and len(segments) >= len(own):
            own, segments = own[:-1], segments[: len(own) - 1]
        if len(own) != len(segments) or not all(map(_fits, own, segments)):
            return None
        return {name[1:-1]: value for name, value in zip(own, segments, strict=True) if _is_parameter(name)}

    @cached_property
    def literals(self) -> int:
        """How many segments of the pattern stand for themselves."""
        return sum(not _is_parameter(segment) and segment != ANY for segment in self._segments)

    @cached_property
    def _segments(self) -> list[str]:
        return _segments(self.pattern)


class Table:
    """All rows; of several patterns that a path has, the one with the most literal segments counts.

    A path is the same with and without a slash at its end.

    Args:
        routes: the rows.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda route: -route.literals)

    def find(self, scope: Scope) -> tuple[Handler, Mapping[str, str]]:
        """The handler of a request, and the parameters in its path.

        Raises:
            NoRouteError: no row has the path.
            WrongMethodError: none of its rows has the method.
        """
        segments = _path(scope)
        matches = [(route, found) for route in self._routes if (found := route.match(segments)) is not None]
        if not matches:
            raise NoRouteError(scope["path"])
        closest = [(route, found) for route, found in matches if route.literals == matches[0][0].literals]
        for route, found in closest:
            if route.method == scope["method"]:
                return route.handler, found
        raise WrongMethodError(scope["method"], {route.method for route, _ in closest})


def _path(scope: Scope) -> list[str]:
    """The segments of a path, decoded one by one where it came encoded: a slash may be part of a name."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return _segments(scope["path"])
    return [unquote(segment) for segment in _segments(raw.decode("latin-1"))]


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _fits(pattern: str, segment: str) -> bool:
    return bool(segment) if _is_parameter(pattern) else pattern == segment


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")
