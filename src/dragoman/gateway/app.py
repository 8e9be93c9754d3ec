"""The gateway as one application: the endpoint's APIs, its page, and what is said when a request cannot be served."""

from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Router

from dragoman.gateway import client_api, openai_api, page, worker_api
from dragoman.gateway.answers import NOBODY, answer
from dragoman.gateway.auth import Guard, Keys
from dragoman.gateway.departures import ClientLeftError
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.errors import GatewayError
from dragoman.gateway.openai_errors import OpenAIError

SPOKEN = {404: "there is no such endpoint or route", 405: "the route does not take this method"}


def build(endpoint: Endpoint, endpoint_id: str, keys: Keys) -> Starlette:
    """Put the application together.

    Args:
        endpoint: what it serves; entered by whoever serves the application.
        endpoint_id: its name in the paths.
        keys: what opens it.
    """
    api = [*client_api.routes(endpoint), *worker_api.routes(endpoint), *openai_api.routes(endpoint)]
    shown = page.routes(endpoint_id, keys, endpoint.terms.lost_after)
    app = Starlette(
        routes=[Mount(f"/v2/{endpoint_id}", Router(api, redirect_slashes=False)), *shown],
        middleware=[Middleware(Guard, keys=keys, refuse=_refuse)],
        exception_handlers={
            GatewayError: _refused,
            HTTPException: _unroutable,
            ClientDisconnect: _left,
            ClientLeftError: _left,
            Exception: _failed,
        },
    )
    app.router.redirect_slashes = False
    return app


def unavailable(request: Request) -> Response:
    """The answer to a request that the gateway's end cuts off."""
    response = _error(request, 503, "the gateway is ending")
    response.headers["retry-after"] = "5"
    return response


def _refuse(request: Request, error: GatewayError) -> Response:
    return _error(request, error.status, str(error))


async def _refused(request: Request, error: Exception) -> Response:
    return _refuse(request, cast(GatewayError, error))


async def _unroutable(request: Request, error: Exception) -> Response:
    unroutable = cast(HTTPException, error)
    response = _error(request, unroutable.status_code, SPOKEN.get(unroutable.status_code, unroutable.detail))
    response.headers.update(unroutable.headers or {})
    return response


async def _failed(request: Request, error: Exception) -> Response:
    return _error(request, 500, "the gateway has failed; its log says how")


async def _left(request: Request, error: Exception) -> Response:
    return NOBODY


def _error(request: Request, status: int, message: str) -> Response:
    if _speaks_openai(request.scope["path"]):
        return OpenAIError.of(status, message).response()
    return answer({"error": message}, status)


def _speaks_openai(path: str) -> bool:
    return path.startswith("/v2/") and path.split("/")[3:4] == ["openai"]
