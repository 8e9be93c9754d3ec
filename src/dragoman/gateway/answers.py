"""Documents as HTTP answers."""

from collections.abc import Awaitable, Callable, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

NOBODY = Response(status_code=499)
"""For a client that has left, and hears nothing of it. The status is nginx's."""

Handler = Callable[[Request], Awaitable[Response]]


def answer(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a document of ours."""
    return Response(orjson.dumps(document), status, headers, media_type="application/json")


def get(path: str, handler: Handler) -> Route:
    """Route GET requests and no others: what HEAD asks for would be taken, and nobody would have it."""
    route = Route(path, handler)
    route.methods = {"GET"}
    return route


def post(path: str, handler: Handler) -> Route:
    """Route POST requests."""
    return Route(path, handler, methods=["POST"])
