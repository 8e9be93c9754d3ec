"""Which handler answers a request: one row a method and a path pattern."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Scope

Handler = Callable[[Request], Awaitable[ASGIApp]]
"""Answers a request; what it gives sends the answer. Both may raise the platform's errors; anything else is a 500."""

ANY = "*"


class NoRouteError(Exception):
    """No row has the path."""


class WrongMethodError(Exception):
    """The path has rows, but none for the method.

    Args:
        allowed: the methods that it has.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        super().__init__()
        self.allowed = tuple(sorted(allowed))


@dataclass(frozen=True)
class Route:
    """A row.

    Args:
        method: the HTTP method.
        pattern: the path; a last segment ``*`` stands for one or more of any.
        handler: what answers.
    """

    method: str
    pattern: str
    handler: Handler

    def matches(self, segments: Sequence[str]) -> bool:
        """Whether a path is of this pattern."""
        own = _segments(self.pattern)
        if own[-1] == ANY:
            return len(segments) >= len(own) and segments[: len(own) - 1] == own[:-1]
        return segments == own


class Table:
    """All rows; a path is the same with and without a slash at its end.

    Args:
        routes: the rows.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)

    def find(self, scope: Scope) -> Handler:
        """The handler of a request.

        Raises:
            NoRouteError: no row has the path.
            WrongMethodError: none of its rows has the method.
        """
        segments = _segments(scope["path"])
        matches = [route for route in self._routes if route.matches(segments)]
        if not matches:
            raise NoRouteError
        for route in matches:
            if route.method == scope["method"]:
                return route.handler
        raise WrongMethodError({route.method for route in matches})


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")
