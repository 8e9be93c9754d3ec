"""The page at ``/``: an endpoint's jobs and workers in a browser. Its files hold no secrets and need no key."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dragoman.gateway.auth import Keys
from dragoman.gateway.environment import Environment
from dragoman.page.assets import Asset, assets

FOLDER = Path(__file__).with_name("page")

Answer = Callable[[Request], Awaitable[Response]]


def routes(endpoint_id: str, keys: Keys, lost_after: float) -> list[BaseRoute]:
    """``GET /`` and ``GET /page/*``.

    Args:
        endpoint_id: the endpoint that the page shows.
        keys: what opens it; the page learns only how a shell refers to them.
        lost_after: seconds of silence after which a worker counts as lost.
    """
    files = assets(FOLDER)
    index = files.pop("index.html")
    found = [Route(f"/page/{name}", _file(asset)) for name, asset in files.items()]
    return [Route("/", _file(index)), Route("/page/endpoint.json", _endpoint(endpoint_id, keys, lost_after)), *found]


def _file(asset: Asset) -> Answer:
    async def answer(request: Request) -> Response:
        return asset

    return answer


def _endpoint(endpoint_id: str, keys: Keys, lost_after: float) -> Answer:
    """What the page asks first: the endpoint's id, and the lines with which a worker is started."""

    async def answer(request: Request) -> Response:
        environment = Environment(str(request.base_url).rstrip("/"), endpoint_id, keys, lost_after)
        body = orjson.dumps({"id": endpoint_id, "workerLines": environment.worker_lines()})
        return Asset("endpoint.json", body)

    return answer
