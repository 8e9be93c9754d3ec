"""Which handler answers a request: one row a method and a path pattern."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.requests import Request
from starlette.types import ASGIApp, Scope

from dragoman.platforms.lmi.errors import no_such_route, wrong_method

Handler = Callable[[Request], Awaitable[ASGIApp]]
"""Answers a request, whose ``path_params`` are those of the row's pattern; what it gives sends the answer.

Both may raise ``ServerError`` and ``HandlerError``; anything else is answered 500.
"""


@dataclass(frozen=True)
class Route:
    """A row.

    Args:
        method: the HTTP method; GET is HEAD too.
        pattern: the path: ``{name}`` stands for any one segment.
        handler: what answers.
    """

    method: str
    pattern: str
    handler: Handler

    def match(self, segments: Sequence[str]) -> Mapping[str, str] | None:
        """The parameters in a path of this pattern; None for another path."""
        own = _segments(self.pattern)
        if len(own) != len(segments) or not all(map(_fits, own, segments)):
            return None
        return {name[1:-1]: value for name, value in zip(own, segments, strict=True) if _is_parameter(name)}

    def takes(self, method: str) -> bool:
        """Whether the row is for a method."""
        return self.method == ("GET" if method == "HEAD" else method)

    @property
    def literals(self) -> int:
        """How many segments of the pattern stand for themselves."""
        return sum(not _is_parameter(segment) for segment in _segments(self.pattern))


class Table:
    """All rows; of several patterns that a path has, the one with the most literal segments counts.

    Args:
        routes: the rows.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda route: -route.literals)

    def find(self, scope: Scope) -> tuple[Handler, Mapping[str, str]]:
        """The handler of a request, and the parameters in its path.

        Raises:
            ServerError: 404 where no row has the path, 405 where none of its rows has the method.
        """
        segments = _path(scope)
        matches = [(route, found) for route in self._routes if (found := route.match(segments)) is not None]
        if not matches:
            raise no_such_route(scope["path"])
        closest = [(route, found) for route, found in matches if route.literals == matches[0][0].literals]
        for route, found in closest:
            if route.takes(scope["method"]):
                return route.handler, found
        raise wrong_method(", ".join(sorted({route.method for route, _ in closest})))


def _path(scope: Scope) -> list[str]:
    """The segments of a path, decoded one by one: a slash may be part of a name."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return [unquote(segment) for segment in _segments(raw.decode("latin-1"))]


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _fits(pattern: str, segment: str) -> bool:
    return bool(segment) if _is_parameter(pattern) else pattern == segment


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")
