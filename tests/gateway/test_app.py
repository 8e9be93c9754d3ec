from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from dragoman.gateway.app import build
from dragoman.gateway.archive import Archive
from dragoman.gateway.auth import Keys
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.terms import Terms

pytestmark = pytest.mark.anyio

KEYED = {"authorization": "Bearer key"}
UNKNOWN = "there is no such endpoint or route"


@pytest.fixture
async def endpoint(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Endpoint]:
    async with Archive(tmp_path / "jobs.db", Terms()) as archive, Endpoint(archive, Terms()) as endpoint:
        yield endpoint


@pytest.fixture
def app(endpoint: Endpoint) -> Starlette:
    return build(endpoint, "mine", Keys(("key",)))


def client(app: Starlette, headers: dict[str, str] = KEYED) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/v2/mine/health", 200, None),
        ("GET", "/", 200, None),
        ("GET", "/v2/other/health", 404, UNKNOWN),
        ("GET", "/v2/mine", 404, UNKNOWN),
        ("GET", "/v2/mine/", 404, UNKNOWN),
        ("GET", "/v2/mine/nothing", 404, UNKNOWN),
        ("GET", "/v2/mine/health/", 404, UNKNOWN),
        ("GET", "/v2/health", 404, UNKNOWN),
        ("GET", "/favicon.ico", 404, UNKNOWN),
        ("GET", "/v2/mine/run", 405, "the route does not take this method"),
        ("POST", "/v2/mine/status/a", 405, "the route does not take this method"),
        ("DELETE", "/v2/mine/health", 405, "the route does not take this method"),
        ("POST", "/v2/mine/job-take/w", 405, "the route does not take this method"),
    ],
)
async def test_what_there_is_and_what_there_is_not(
    app: Starlette, method: str, path: str, status: int, message: str | None
) -> None:
    async with client(app) as http:
        response = await http.request(method, path)
    assert response.status_code == status
    if message:
        assert response.json() == {"error": message}


async def test_it_is_told_which_methods_a_route_takes(app: Starlette) -> None:
    async with client(app) as http:
        assert (await http.get("/v2/mine/run")).headers["allow"] == "POST"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "wrong"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/mine/health"),
        ("POST", "/v2/mine/run"),
        ("GET", "/v2/mine/job-take/w"),
        ("GET", "/v2/mine/requests"),
        ("GET", "/v2/other/health"),
    ],
)
async def test_a_key_is_needed(app: Starlette, headers: dict[str, str], method: str, path: str) -> None:
    async with client(app, headers) as http:
        response = await http.request(method, path)
    assert response.status_code == 401
    assert list(response.json()) == ["error"]
    assert "wrong" not in response.headers.values()


@pytest.mark.parametrize("authorization", ["Bearer key", "key", "bearer key"])
async def test_the_key_opens_the_gateway(app: Starlette, authorization: str) -> None:
    async with client(app, {"authorization": authorization}) as http:
        assert (await http.get("/v2/mine/health")).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v2/mine/openai/v1/models", {}, 401),
        ("/v2/other/openai/v1/models", KEYED, 404),
        ("/v2/mine/openai/v2/models", KEYED, 404),
        ("/v2/mine/openai", KEYED, 404),
    ],
)
async def test_openais_clients_are_answered_in_their_shape(
    app: Starlette, path: str, headers: dict[str, str], status: int
) -> None:
    async with client(app, headers) as http:
        response = await http.get(path)
    assert response.status_code == status
    assert sorted(response.json()["error"]) == ["code", "message", "param", "type"]


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v2/mine/health", {"error": "the gateway has failed; its log says how"}),
        ("/v2/mine/job-stop/w", {"error": "the gateway has failed; its log says how"}),
    ],
)
async def test_a_failure_of_the_gateways_own_is_told_without_its_inside(
    app: Starlette, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, path: str, shape: dict[str, str]
) -> None:
    async def fail(*arguments: object) -> None:
        raise OSError("secret.db: the disk is full")

    monkeypatch.setattr(endpoint, "counts", fail)
    monkeypatch.setattr(endpoint, "stops", fail)
    async with client(app) as http:
        response = await http.get(path)
    assert (response.status_code, response.json()) == (500, shape)
