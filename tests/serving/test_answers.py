import orjson
import pytest

from dragoman.serving import answers
from dragoman.serving.lifecycle import Lifecycle, Status
from tests.clock import Clock


@pytest.fixture
def lifecycle(clock: Clock) -> Lifecycle:
    return Lifecycle(clock.now)


def test_health_of_a_worker_that_answers(lifecycle: Lifecycle) -> None:
    lifecycle.enter(Status.READY)
    response = answers.health(lifecycle, healthy=True)
    assert response.status_code == 200
    assert orjson.loads(response.body) == {"status": "ready", "phase": "ready", "seconds": 0.0}
    assert dict(response.headers) == {"content-type": "application/json", "content-length": str(len(response.body))}


@pytest.mark.parametrize(
    ("status", "retry"), [(Status.STARTING, "5"), (Status.READY, "1"), (Status.DRAINING, "5"), (Status.RESTARTING, "2")]
)
def test_health_of_a_worker_that_does_not(lifecycle: Lifecycle, status: Status, retry: str) -> None:
    lifecycle.enter(status, "some phase")
    response = answers.health(lifecycle, healthy=False)
    assert response.status_code == 503
    assert orjson.loads(response.body) == {"status": status.value, "phase": "some phase", "seconds": 0.0}
    assert (response.headers["retry-after"], response.headers["connection"]) == (retry, "close")


def test_a_request_that_nothing_can_answer(lifecycle: Lifecycle) -> None:
    lifecycle.enter(Status.STARTING, "loading")
    response = answers.unavailable(lifecycle)
    message = "The worker is starting (loading, 0 s). Try again."
    assert response.status_code == 503
    assert orjson.loads(response.body) == {
        "error": {"message": message, "type": "service_unavailable", "param": None, "code": 503}
    }
    assert (response.headers["retry-after"], response.headers["connection"]) == ("5", "close")


def test_an_error_has_the_headers_that_it_is_given() -> None:
    response = answers.error(429, "Too many.", "rate_limit", {"retry-after": "7"})
    assert response.status_code == 429
    assert response.headers["retry-after"] == "7"
    assert orjson.loads(response.body)["error"]["code"] == 429
