import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Receive, Scope, Send

from dragoman import __version__
from dragoman.engine.client import Client
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.observed import Observed
from dragoman.serving.observing.request_context import refused
from tests.engines import FakeEngine
from tests.serving.exchanges import asked, body, head, saying, scope
from tests.serving.places import FakePlaces

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


async def test_the_phases_of_a_start_are_told_with_those_of_the_one_before() -> None:
    metrics = WorkerMetrics("plain", 0)
    metrics.booted({"importing": 8.0, "configuring": 0.5}, {"importing": 9.0})
    text = bytes((await metrics.response(Client(FakeEngine({}).app), b"")).body).decode()
    assert 'dragoman_boot_phase_seconds{phase="importing"} 8.0' in text
    assert 'dragoman_boot_phase_seconds{phase="configuring"} 0.5' in text
    assert 'dragoman_last_boot_phase_seconds{phase="importing"} 9.0' in text


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


async def told(metrics: WorkerMetrics) -> dict[tuple[str, ...], float]:
    """The samples by their names and the values of their labels, but for the buckets and when they were made."""
    response = await metrics.response(Client(FakeEngine({}).app), b"")
    families = text_string_to_metric_families(bytes(response.body).decode())
    samples = [sample for family in families for sample in family.samples if not sample.name.endswith("_bucket")]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


async def test_requests_are_counted_and_timed() -> None:
    metrics = WorkerMetrics("plain", 0)
    app = Observed(saying(head(429), body(b"later")), [metrics], route_of=lambda path: "/v1/x")
    await asked(app, scope("/v1/x"))
    await asked(app, scope("/v1/x"))
    counted = await told(metrics)
    assert counted["dragoman_requests_total", "POST", "plain", "/v1/x", "429"] == 2
    assert counted["dragoman_request_duration_seconds_count", "/v1/x"] == 2
    assert counted["dragoman_time_to_first_byte_seconds_count", "/v1/x"] == 2
    assert counted["dragoman_requests_in_flight",] == 0


async def test_an_answer_without_a_body_has_no_first_byte() -> None:
    metrics = WorkerMetrics("plain", 0)
    await asked(Observed(saying(head(204), body()), [metrics], route_of=lambda path: "/x"), scope("/x"))
    counted = await told(metrics)
    assert counted["dragoman_request_duration_seconds_count", "/x"] == 1
    assert ("dragoman_time_to_first_byte_seconds_count", "/x") not in counted


async def test_requests_are_in_flight_while_they_are_answered() -> None:
    metrics = WorkerMetrics("plain", 0)
    seen: list[float] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((await told(metrics))["dragoman_requests_in_flight",])

    await asked(Observed(app, [metrics]), scope())
    assert seen == [1]


async def test_made_up_methods_are_one() -> None:
    metrics = WorkerMetrics("plain", 0)
    app = Observed(saying(head(405), body()), [metrics], route_of=lambda path: "other")
    await asked(app, scope(method="BREW"))
    assert (await told(metrics))["dragoman_requests_total", "OTHER", "plain", "other", "405"] == 1


async def test_refusals_are_counted_by_their_reasons() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        refused("queue")
        await saying(head(429), body())(scope, receive, send)

    metrics = WorkerMetrics("plain", 0)
    await asked(Observed(app, [metrics]), scope())
    assert (await told(metrics))["dragoman_refused_total", "queue"] == 1


async def test_the_queue_is_told_as_it_is_when_it_is_asked_for() -> None:
    metrics, places = WorkerMetrics("plain", 0), FakePlaces(waiting=0, taken=1)
    metrics.watch(places)
    places.waiting = 3
    counted = await told(metrics)
    assert counted["dragoman_queue_requests", "waiting"] == 3
    assert counted["dragoman_queue_requests", "running"] == 1
