import re

import pytest

from dragoman.engine.client import Client
from dragoman.engine.routes import NAMED, OPEN, ROUTES, Use, patterns, reachable
from dragoman.platforms.lmi.routes.engine import TELLING, WORKING
from dragoman.platforms.lmi.routes.openai import PATHS
from dragoman.platforms.runpod.jobs.routes import method_of
from dragoman.serving.entrance.exposure import Exposure
from dragoman.serving.observing.route_names import OTHER, RouteNames
from tests.engines import FakeEngine

pytestmark = pytest.mark.anyio


class AnyRoute(FakeEngine):
    """Answers every path with it."""

    def __init__(self) -> None:
        super().__init__({})

    @property
    def paths(self) -> list[str]:
        return [request.scope["path"] for request, _ in self.seen]


async def asked(exposure: Exposure, path: str, method: str = "POST") -> tuple[list[str], bytes]:
    """The paths that came to the engine, and the answer."""
    engine = AnyRoute()
    async with Client(reachable(engine, exposure).app).stream(method, path) as response:
        return engine.paths, await response.read()


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses/resp_1", "/v1/models/", "/docs", "/ping"])
async def test_open_routes_come_to_the_engine(path: str) -> None:
    assert (await asked(Exposure(), path))[0] == [path]


@pytest.mark.parametrize(
    "path",
    [
        *("/sleep", "/collective_rpc", "/scale_elastic_ep", "/reset_prefix_cache", "/server_info", "/update_weights"),
        *("/", "/none", "//v1/models", "/v1/models\n", "/v1/responses/../../sleep", "/v1/responses/..", "/sleep/"),
        *("/v1/load_lora_adapter", "/adapters", "/adapters/one"),
    ],
)
async def test_all_others_are_not_there(path: str) -> None:
    paths, answer = await asked(Exposure(), path)
    assert paths == []
    assert answer == b'{"error":{"message":"Not Found","type":"NotFoundError","param":null,"code":404}}'


async def test_adapters_come_and_go_where_they_may() -> None:
    assert (await asked(Exposure(adapters=True), "/v1/load_lora_adapter"))[0] == ["/v1/load_lora_adapter"]
    assert (await asked(Exposure(adapters=True), "/adapters/one"))[0] == ["/adapters/one"]
    assert (await asked(Exposure(adapters=True), "/sleep"))[0] == []


@pytest.mark.parametrize(
    ("path", "seen"),
    [("/api/v1/models", ["/v1/models"]), ("/v1/models", ["/v1/models"]), ("/api/sleep", []), ("/apix/v1/models", [])],
)
async def test_what_stands_before_every_path_is_taken_off(path: str, seen: list[str]) -> None:
    assert (await asked(Exposure(root_path="/api"), path))[0] == seen


@pytest.mark.parametrize(
    ("root", "path", "seen"),
    [
        ("/v1", "/v1/v1/models", ["/v1/models"]),
        ("/v1", "/v1/models", ["/v1/models"]),
        ("/v1", "/v1/ping", ["/ping"]),
        ("/v1", "/v1/sleep", []),
        ("/v1/responses", "/v1/responses/v1/models", ["/v1/models"]),
        ("/v1/responses", "/v1/responses/sleep", ["/v1/responses/sleep"]),
    ],
)
async def test_it_may_look_like_a_route_itself(root: str, path: str, seen: list[str]) -> None:
    assert (await asked(Exposure(root_path=root), path))[0] == seen


async def test_a_websocket_elsewhere_is_closed() -> None:
    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        raise NotImplementedError

    await reachable(AnyRoute(), Exposure()).app({"type": "websocket", "path": "/ws"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_no_route_is_listed_twice() -> None:
    rows = [(route.path, method) for route in ROUTES for method in route.methods]
    assert len(rows) == len(set(rows))


def test_what_platforms_pass_on_is_open() -> None:
    model = patterns(*OPEN)
    theirs = [*WORKING, *TELLING, *PATHS]
    assert [path for path in theirs if not model.fullmatch(re.sub(r"{\w+}", "one", path))] == []


def test_jobs_use_the_methods_that_the_routes_have() -> None:
    methods = {route.path: route.methods for route in ROUTES if route.use in (Use.MODEL, Use.TELLING)}
    assert all(method_of(path) in methods[path] for path in ("/v1/models", "/v1/chat/completions", "/tokenize"))


def test_requests_are_counted_by_every_route_that_may_be_reached() -> None:
    named = RouteNames(NAMED)
    assert all(named(route.path) == route.path for route in ROUTES if route.use is not Use.CLOSED)
    assert {named(route.path) for route in ROUTES if route.use is Use.CLOSED} == {OTHER}
