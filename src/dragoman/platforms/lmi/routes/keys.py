"""The API keys that an operator may ask for, checked before anything is done for a request."""

from collections.abc import Iterable
from dataclasses import replace
from hmac import compare_digest
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from dragoman.platforms.lmi.errors import ServerError
from dragoman.serving.table import Handler, Route


async def refused(request: Request) -> ASGIApp:
    """Refuses LMI's clients."""
    raise ServerError("This worker wants an API key.", HTTPStatus.UNAUTHORIZED, "UnauthorizedException")


async def refused_by_vllm(request: Request) -> ASGIApp:
    """Refuses OpenAI's clients, in the words of vLLM."""
    return JSONResponse({"error": "Unauthorized"}, HTTPStatus.UNAUTHORIZED)


class Keys:
    """The keys, one of which a client has to show as vLLM's clients do (``Authorization: Bearer …``).

    Args:
        keys: none where everybody is let in.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = [key.encode() for key in keys]

    def guard(self, route: Route, refused: Handler = refused) -> Route:
        """The row, for those who show a key.

        Args:
            route: the row.
            refused: what answers all others.
        """

        async def guarded(request: Request) -> ASGIApp:
            return await (route.handler if self._opens(request) else refused)(request)

        return replace(route, handler=guarded) if self._keys else route

    def _opens(self, request: Request) -> bool:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        # A list, so that how long it takes does not tell which key was nearly right.
        right = [compare_digest(shown.encode(), key) for key in self._keys]
        return scheme.lower() == "bearer" and any(right)
