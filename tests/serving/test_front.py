import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.serving.front import front, while_serving
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.probes import health
from tests.engines import FakeEngine

pytestmark = pytest.mark.anyio


def naming(name: str, seen: list[str]) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(name)

    return answer


async def receive() -> Message:
    raise NotImplementedError


async def send(message: Message) -> None:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("kind", "status", "well", "expected"),
    [
        ("http", Status.READY, True, "routes"),
        ("http", Status.READY, False, "otherwise"),
        ("http", Status.WAITING, True, "routes"),
        ("http", Status.DRAINING, True, "otherwise"),
        ("websocket", Status.READY, True, "otherwise"),
    ],
)
async def test_routes_answer_http_while_the_engine_does(kind: str, status: Status, well: bool, expected: str) -> None:
    seen: list[str] = []
    lifecycle = Lifecycle(0)
    lifecycle.enter(status)
    engine = FakeEngine({})
    engine.well = well
    app = while_serving(engine, lifecycle, naming("routes", seen), naming("otherwise", seen))
    await app({"type": kind}, receive, send)
    assert seen == [expected]


@pytest.mark.parametrize(("method", "expected"), [("GET", True), ("HEAD", True), ("OPTIONS", False), ("POST", False)])
async def test_metrics_are_told_to_those_who_read(method: str, expected: bool) -> None:
    lifecycle = Lifecycle(0)
    lifecycle.enter(Status.READY)
    app = front(FakeEngine({}), lifecycle, WorkerMetrics("plain", 0), health)
    async with Client(app).stream(method, "/metrics") as response:
        assert (b"dragoman_info" in await response.read()) is expected
