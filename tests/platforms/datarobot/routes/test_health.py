import orjson
import pytest

from dragoman.platforms.datarobot.routes.health import health, unavailable
from dragoman.serving.lifecycle import Lifecycle, Status
from tests.clock import Clock


@pytest.fixture
def lifecycle(clock: Clock) -> Lifecycle:
    return Lifecycle(clock.monotonic())


@pytest.mark.parametrize(
    ("status", "phase", "code", "message"),
    [
        (Status.STARTING, "loading", 503, "vLLM server is not ready: loading (0 s)"),
        (Status.READY, None, 200, ""),
        (Status.WAITING, None, 503, "vLLM server is not ready: waiting (0 s)"),
        (Status.DRAINING, None, 503, "vLLM server is not ready: draining (0 s)"),
        (Status.RESTARTING, "loading", 513, "vLLM has crashed."),
    ],
)
def test_health_is_told_by_the_stage_of_the_workers_life(
    lifecycle: Lifecycle, status: Status, phase: str | None, code: int, message: str
) -> None:
    lifecycle.enter(status, phase)
    response = health(lifecycle)
    assert (response.status_code, orjson.loads(bytes(response.body))) == (code, {"message": message})
    assert ("retry-after" in response.headers) == (code != 200)


def test_a_request_that_nothing_answers_now_is_told_when_to_come_again(lifecycle: Lifecycle) -> None:
    lifecycle.enter(Status.STARTING, "loading")
    response = unavailable(lifecycle)
    message = "ERROR: Connection error. The worker is starting (loading, 0 s). Try again."
    assert (response.status_code, orjson.loads(bytes(response.body))) == (503, {"message": message})
    assert response.headers["retry-after"] == "5"
