import orjson
import pytest
from starlette.types import ASGIApp

from dragoman.engine.client import Client
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.probes import health, on_their_own, while_away
from tests.clock import Clock

pytestmark = pytest.mark.anyio


@pytest.fixture
def lifecycle(clock: Clock) -> Lifecycle:
    return Lifecycle(clock.now)


async def ask(app: ASGIApp, path: str) -> tuple[int, dict[str, object]]:
    async with Client(app).stream("GET", path) as response:
        return response.status, orjson.loads(await response.read())


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.STARTING, 503),
        (Status.READY, 200),
        (Status.WAITING, 503),
        (Status.RESTARTING, 503),
        (Status.DRAINING, 503),
    ],
)
@pytest.mark.parametrize("application", [while_away, on_their_own])
async def test_health_follows_the_workers_life(
    application: object, lifecycle: Lifecycle, status: Status, code: int
) -> None:
    lifecycle.enter(status)
    assert callable(application)
    answer = await ask(application(health, lifecycle), "/health")
    assert (answer[0], answer[1]["status"]) == (code, status)


async def test_while_away_a_request_is_to_be_tried_again(lifecycle: Lifecycle) -> None:
    status, body = await ask(while_away(health, lifecycle), "/v1/models")
    assert (status, body["error"]["type"]) == (503, "service_unavailable")  # type: ignore[index]


async def test_a_port_for_probes_has_nothing_else(lifecycle: Lifecycle) -> None:
    lifecycle.enter(Status.READY)
    status, body = await ask(on_their_own(health, lifecycle), "/v1/models")
    assert (status, body["error"]["type"]) == (404, "NotFoundError")  # type: ignore[index]
