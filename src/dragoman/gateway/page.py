"""The page at ``/``: an endpoint's jobs and workers in a browser. Its files hold no secrets and need no key."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dragoman.gateway.auth import Keys
from dragoman.gateway.environment import Environment

FOLDER = Path(__file__).with_name("page")
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "cache-control": "no-cache",
    # Jobs are written by strangers: nothing but these files may run, and no text may become HTML.
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Asset:
    """One file of the page, ready to be sent.

    Attributes:
        body: its bytes.
        media_type: its Content-Type.
        etag: changes when the bytes do.
    """

    body: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> "Asset":
        """The asset called ``name``, whose suffix says what it is."""
        return cls(body, MEDIA_TYPES[Path(name).suffix], f'"{hashlib.sha256(body).hexdigest()[:32]}"')

    async def answer(self, request: Request) -> Response:
        """The file, or 304 where the browser has it already."""
        headers = {**HEADERS, "etag": self.etag}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers={**headers, "content-type": self.media_type})


def routes(endpoint_id: str, keys: Keys, lost_after: float) -> list[BaseRoute]:
    """``GET /`` and ``GET /page/*``.

    Args:
        endpoint_id: the endpoint that the page shows.
        keys: what opens it; the page learns only how a shell refers to them.
        lost_after: seconds of silence after which a worker counts as lost.
    """
    assets = {
        path.name: Asset.of(path.name, path.read_bytes()) for path in FOLDER.iterdir() if path.suffix in MEDIA_TYPES
    }
    index = assets.pop("index.html")
    found = [Route(f"/page/{name}", asset.answer) for name, asset in sorted(assets.items())]
    return [Route("/", index.answer), Route("/page/endpoint.json", _endpoint(endpoint_id, keys, lost_after)), *found]


def _endpoint(endpoint_id: str, keys: Keys, lost_after: float) -> Callable[[Request], Awaitable[Response]]:
    """What the page asks first: the endpoint's id, and the lines with which a worker is started."""

    async def answer(request: Request) -> Response:
        environment = Environment(str(request.base_url).rstrip("/"), endpoint_id, keys, lost_after)
        body = orjson.dumps({"id": endpoint_id, "workerLines": environment.worker_lines()})
        return await Asset.of("endpoint.json", body).answer(request)

    return answer
