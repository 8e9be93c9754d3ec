import pytest
from fastapi import FastAPI, Request
from starlette.types import ASGIApp

from dragoman.engine.client import Client
from dragoman.engine.layer import Layer
from dragoman.engine.rooted import rooted
from dragoman.engine.routes import reachable
from dragoman.serving.entrance.exposure import Exposure
from tests.engines import FakeEngine

pytestmark = pytest.mark.anyio


def application(root_path: str | None) -> ASGIApp:
    """An application that is made as vLLM's is; its answers name the route."""
    app = FastAPI()
    app.root_path = root_path  # type: ignore[assignment]  # as vLLM has it

    async def named(request: Request) -> str:
        return str(request.scope["route"].path)

    for path in ("/v1/models", "/v1/responses/{response_id}", "/ping", "/sleep", "/models"):
        app.add_api_route(path, named)
    return app


async def asked(root_path: str | None, path: str) -> tuple[int, bytes]:
    """The answer of the engine with its root path, through what decides which of its routes may be reached."""
    engine = Layer(FakeEngine({}), rooted(application(root_path), root_path))
    async with Client(reachable(engine, Exposure.of(root_path, {})).app).stream("GET", path) as response:
        return response.status, await response.read()


@pytest.mark.parametrize(
    ("root_path", "path", "route"),
    [
        (None, "/v1/models", b'"/v1/models"'),
        ("", "/v1/models", b'"/v1/models"'),
        ("/api", "/v1/models", b'"/v1/models"'),
        ("/api", "/api/v1/models", b'"/v1/models"'),
        ("/api/", "/api/v1/models", b'"/v1/models"'),
        ("/v1", "/v1/v1/models", b'"/v1/models"'),
        ("/v1", "/v1/models", b'"/v1/models"'),
        ("/v1", "/v1/ping", b'"/ping"'),
        ("/v1/responses", "/v1/responses/ping", b'"/v1/responses/{response_id}"'),
        ("/v1/responses", "/v1/responses/sleep", b'"/v1/responses/{response_id}"'),
        ("/v1/responses", "/v1/responses/v1/responses/sleep", b'"/v1/responses/{response_id}"'),
    ],
)
async def test_the_route_is_the_one_that_was_let_through(root_path: str | None, path: str, route: bytes) -> None:
    assert await asked(root_path, path) == (200, route)


@pytest.mark.parametrize(("root_path", "path"), [("/v1", "/v1/sleep"), ("/v1", "/sleep"), ("/api", "/api/api/ping")])
async def test_others_are_not_there(root_path: str, path: str) -> None:
    assert (await asked(root_path, path))[0] == 404
