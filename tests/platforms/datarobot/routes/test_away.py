import pytest

from dragoman.platforms.datarobot.routes.away import answer
from dragoman.serving.lifecycle import Lifecycle, Status
from tests.platforms.datarobot.asking import ask
from tests.platforms.datarobot.workers import options


@pytest.fixture
def lifecycle() -> Lifecycle:
    return Lifecycle(0)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 503),
        ("/ping", 503),
        ("/ping/", 503),
        ("/health/", 503),
        ("/info/", 200),
        ("/capabilities/", 200),
        ("/stats", 200),
        ("/predict/", 503),
        ("/v1/chat/completions", 503),
        ("/nothing", 503),
    ],
)
def test_drum_answers_from_its_first_second_on(lifecycle: Lifecycle, path: str, status: int) -> None:
    response = answer(path, lifecycle, options())
    assert response is not None
    assert response.status_code == status


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/ping/", "/info/", "/predict/", "/nothing"])
async def test_every_answer_has_its_requests_id(lifecycle: Lifecycle, path: str) -> None:
    response = answer(path, lifecycle, options())
    assert response is not None
    assert (await ask(response, "GET", path, headers={"x-request-id": "r1"})).headers["x_request_id"] == "r1"


@pytest.mark.parametrize(("path", "status"), [("/pfx/", 503), ("/pfx/info/", 200), ("/info/", 404), ("/", 404)])
def test_all_is_below_the_prefix(lifecycle: Lifecycle, path: str, status: int) -> None:
    response = answer(path, lifecycle, options(url_prefix="/pfx"))
    assert response is not None
    assert response.status_code == status


@pytest.mark.parametrize("path", ["/predict/", "/v1/chat/completions", "/nothing"])
def test_a_worker_that_is_ready_leaves_the_rest_to_others(lifecycle: Lifecycle, path: str) -> None:
    lifecycle.enter(Status.READY)
    assert answer(path, lifecycle, options()) is None
