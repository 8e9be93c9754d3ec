from functools import partial

import orjson
import pytest
from starlette.types import ASGIApp, Message, Scope

from dragoman.engine.client import Client
from dragoman.platforms.dialect import dialect
from dragoman.platforms.plain.app import around, probe
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.probes import while_away
from tests.clock import Clock
from tests.engines import FakeEngine

PROBE = partial(probe, settings={})

pytestmark = pytest.mark.anyio

ROUTES = {
    "/health": (200, "the engine's own"),
    "/metrics": (200, "vllm:running 1.0\n"),
    "/v1/models": (200, "models"),
    "/v1/chat/completions": (400, "bad request"),
}


@pytest.fixture
def lifecycle(clock: Clock) -> Lifecycle:
    return Lifecycle(clock.now)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(ROUTES)


@pytest.fixture
def app(engine: FakeEngine, lifecycle: Lifecycle) -> ASGIApp:
    lifecycle.enter(Status.READY)
    return around(engine, lifecycle, WorkerMetrics("plain", 0), {})


async def ask(app: ASGIApp, path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    async with Client(app).stream(method, path) as response:
        headers = {name.decode(): value.decode() for name, value in response.headers}
        return response.status, headers, (await response.read()).decode()


async def websocket(app: ASGIApp) -> list[Message]:
    sent: list[Message] = []
    scope: Scope = {"type": "websocket", "path": "/v1/realtime"}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


def test_it_is_found_by_the_platforms_name() -> None:
    plain = dialect("plain")
    assert (plain.around, plain.probe) == (around, probe)


def test_all_of_its_work_comes_over_http(engine: FakeEngine) -> None:
    assert dialect("plain").intake(engine, {}) is None


async def test_health_is_the_workers_and_not_the_engines(app: ASGIApp) -> None:
    status, _, body = await ask(app, "/health")
    assert (status, orjson.loads(body)) == (200, {"status": "ready", "phase": "ready", "seconds": 0.0})


async def test_metrics_are_the_engines_and_the_workers(app: ASGIApp) -> None:
    _, headers, body = await ask(app, "/metrics")
    assert headers["content-type"].startswith("text/plain")
    assert body.startswith("vllm:running 1.0\n")
    assert "dragoman_restarts_total 0.0" in body


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/v1/models", (200, "models")),
        ("POST", "/v1/chat/completions", (400, "bad request")),
        ("GET", "/nothing", (404, "no such route")),
        ("GET", "/health/", (404, "no such route")),
    ],
)
async def test_everything_else_passes(app: ASGIApp, method: str, path: str, answer: tuple[int, str]) -> None:
    status, _, body = await ask(app, path, method)
    assert (status, body) == answer


async def test_an_engine_that_is_unwell_is_not_asked(app: ASGIApp, engine: FakeEngine) -> None:
    engine.well = False
    health = await ask(app, "/health")
    chat = await ask(app, "/v1/chat/completions", "POST")
    assert (health[0], orjson.loads(health[2])["status"]) == (503, "waiting")
    assert (chat[0], orjson.loads(chat[2])["error"]["code"], chat[1]["retry-after"]) == (503, 503, "1")
    assert engine.seen == []


@pytest.mark.parametrize(("status", "retry"), [(Status.DRAINING, "5"), (Status.RESTARTING, "2")])
@pytest.mark.parametrize("path", ["/health", "/metrics", "/v1/models"])
async def test_nothing_is_let_in_when_the_worker_ends(
    app: ASGIApp, lifecycle: Lifecycle, status: Status, retry: str, path: str
) -> None:
    lifecycle.enter(status)
    code, headers, body = await ask(app, path)
    assert (code, headers["retry-after"], headers["connection"]) == (503, retry, "close")
    assert status in body


async def test_while_away_health_tells_the_phase(lifecycle: Lifecycle) -> None:
    lifecycle.enter(Status.STARTING, "loading")
    status, headers, body = await ask(while_away(PROBE, lifecycle), "/health")
    assert (status, headers["retry-after"]) == (503, "5")
    assert orjson.loads(body) == {"status": "starting", "phase": "loading", "seconds": 0.0}


async def test_while_away_everything_else_is_to_be_tried_again(lifecycle: Lifecycle) -> None:
    status, headers, body = await ask(while_away(PROBE, lifecycle), "/v1/chat/completions", "POST")
    assert (status, headers["retry-after"]) == (503, "5")
    assert orjson.loads(body)["error"]["type"] == "service_unavailable"


async def test_while_away_a_websocket_is_refused(lifecycle: Lifecycle) -> None:
    assert await websocket(while_away(PROBE, lifecycle)) == [{"type": "websocket.close", "code": 1013}]


async def test_a_websocket_is_refused_when_the_engine_is_unwell(app: ASGIApp, engine: FakeEngine) -> None:
    engine.well = False
    assert await websocket(app) == [{"type": "websocket.close", "code": 1013}]
