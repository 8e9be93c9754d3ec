import pytest
from starlette.types import ASGIApp

from dragoman.engine.client import Client
from dragoman.platforms.lmi.routes.metrics import MetricsApi
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.table import Route
from tests.engines import FakeEngine
from tests.platforms.lmi.asking import ask, options
from tests.platforms.lmi.workers import routed

pytestmark = pytest.mark.anyio

TEXT = """\
# HELP vllm:running Requests that run.
# TYPE vllm:running gauge
vllm:running{engine="0"} 1.0
# HELP vllm:tokens_total Tokens.
# TYPE vllm:tokens_total counter
vllm:tokens_total{engine="0"} 7.0
# HELP vllm:seconds Time.
# TYPE vllm:seconds histogram
vllm:seconds_bucket{le="1.0"} 1.0
vllm:seconds_bucket{le="+Inf"} 2.0
vllm:seconds_count 2.0
vllm:seconds_sum 3.0
"""


@pytest.fixture
def engine(anyio_backend: str) -> FakeEngine:
    return FakeEngine({"/metrics": (200, TEXT)})


@pytest.fixture
def app(engine: FakeEngine) -> ASGIApp:
    api = MetricsApi(WorkerMetrics("lmi", 0), Client(engine.app))
    return routed([Route("GET", "/server/metrics", api.all)], options())


def samples(body: bytes) -> list[str]:
    return [line for line in body.decode().splitlines() if not line.startswith("#")]


async def test_all_metrics_are_the_engines_and_the_workers(app: ASGIApp) -> None:
    answer = await ask(app, "GET", "/server/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.body.decode().startswith(TEXT)
    assert "dragoman_restarts_total 0.0" in samples(answer.body)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name[]=vllm:running", ['vllm:running{engine="0"} 1.0']),
        ("name%5B%5D=vllm:tokens_total", ['vllm:tokens_total{engine="0"} 7.0']),
        ("name[]=vllm:seconds_count", ["vllm:seconds_count 2.0"]),
        (
            "name[]=dragoman_restarts_total&name[]=vllm:running",
            ["dragoman_restarts_total 0.0", 'vllm:running{engine="0"} 1.0'],
        ),
        ("name[]=nothing", []),
    ],
)
async def test_some_are_asked_for_by_name(app: ASGIApp, query: str, expected: list[str]) -> None:
    answer = await ask(app, "GET", f"/server/metrics?{query}")
    assert (answer.status, sorted(samples(answer.body))) == (200, expected)


async def test_the_engine_is_asked_for_all_of_its_own(engine: FakeEngine, app: ASGIApp) -> None:
    await ask(app, "GET", "/server/metrics?name[]=vllm:running")
    assert engine.seen[-1][0].url.query == ""
