import orjson
import pytest

from dragoman.platforms.lmi.routes.ping import ping, unavailable
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.settings.values import Value

SETTINGS: dict[str, Value] = {"model_name": "test"}


def at(status: Status) -> Lifecycle:
    lifecycle = Lifecycle(0)
    lifecycle.enter(status)
    return lifecycle


@pytest.mark.parametrize(
    ("status", "code", "word", "retry"),
    [
        (Status.STARTING, 503, "PENDING", "5"),
        (Status.READY, 200, "Healthy", None),
        (Status.WAITING, 503, "Unhealthy", "1"),
        (Status.RESTARTING, 503, "Unhealthy", "2"),
        (Status.DRAINING, 503, "Unhealthy", "5"),
    ],
)
def test_ping_tells_how_the_model_is(status: Status, code: int, word: str, retry: str | None) -> None:
    answer = ping(at(status), SETTINGS)
    assert (answer.status_code, answer.headers.get("retry-after")) == (code, retry)
    assert orjson.loads(answer.body) == {"test": {"status": word}}


@pytest.mark.parametrize(("status", "code"), [(Status.STARTING, 207), (Status.READY, 200), (Status.RESTARTING, 503)])
def test_a_model_that_loads_may_have_a_status_of_its_own(status: Status, code: int) -> None:
    assert ping(at(status), {**SETTINGS, "allow_multi_status": True}).status_code == code


def test_a_request_that_cannot_be_answered_now_may_be_sent_again() -> None:
    answer = unavailable(at(Status.RESTARTING))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    content = orjson.loads(answer.body)
    assert (content["code"], content["type"]) == (503, "ServiceUnavailableException")
    assert content["message"].startswith("The worker is restarting")
