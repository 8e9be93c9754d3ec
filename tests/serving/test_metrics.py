import pytest
from prometheus_client.parser import text_string_to_metric_families

from dragoman import __version__
from dragoman.engine.client import Client
from dragoman.serving.metrics import WorkerMetrics
from tests.engines import FakeEngine

pytestmark = pytest.mark.anyio

THEIRS = "# TYPE vllm_running gauge\nvllm_running 3.0\n"


async def samples(engine: FakeEngine, metrics: WorkerMetrics, query: bytes = b"") -> dict[str, float]:
    response = await metrics.response(Client(engine.app), query)
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(bytes(response.body).decode())
    return {sample.name: sample.value for family in families for sample in family.samples}


async def test_the_engines_metrics_come_with_the_workers_own() -> None:
    metrics = WorkerMetrics("plain", restarts=2)
    metrics.ready(1.5)
    told = await samples(FakeEngine({"/metrics": (200, THEIRS)}), metrics)
    assert told["vllm_running"] == 3
    assert told["dragoman_restarts_total"] == 2
    assert told["dragoman_start_seconds"] == 1.5
    assert told["dragoman_info"] == 1


async def test_the_version_and_the_platform_are_told() -> None:
    response = await WorkerMetrics("plain", 0).response(Client(FakeEngine({}).app), b"")
    assert f'dragoman_info{{platform="plain",version="{__version__}"}} 1.0' in bytes(response.body).decode()


@pytest.mark.parametrize("answers", [{}, {"/metrics": (500, "broken")}, {"/metrics": (502, "{}")}])
async def test_an_engine_without_metrics_leaves_the_workers_own(answers: dict[str, tuple[int, str]]) -> None:
    told = await samples(FakeEngine(answers), WorkerMetrics("plain", 0))
    assert all(name.startswith("dragoman_") for name in told)
    assert told["dragoman_restarts_total"] == 0


async def test_the_engine_is_asked_with_the_same_query_and_for_plain_text() -> None:
    engine = FakeEngine({"/metrics": (200, THEIRS)})
    await samples(engine, WorkerMetrics("plain", 0), b"name[]=vllm_running")
    request, _ = engine.seen[0]
    assert request.scope["query_string"] == b"name[]=vllm_running"
    assert request.headers["accept"] == "text/plain"


async def test_workers_of_one_process_count_apart() -> None:
    first, second = WorkerMetrics("plain", 1), WorkerMetrics("plain", 2)
    assert (await samples(FakeEngine({}), first))["dragoman_restarts_total"] == 1
    assert (await samples(FakeEngine({}), second))["dragoman_restarts_total"] == 2
