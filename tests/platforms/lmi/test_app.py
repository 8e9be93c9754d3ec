import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest

from dragoman.platforms.dialect import dialect
from dragoman.platforms.lmi.app import around, fetch, probe
from dragoman.process.plan import Plan
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.probes import while_away
from tests.engines import FakeEngine
from tests.plans import SPARE
from tests.platforms.lmi.asking import Answer, ask
from tests.platforms.lmi.workers import SETTINGS

pytestmark = pytest.mark.anyio

OURS = (
    "/invocations",
    "/predictions/test",
    "/models",
    "/models/test/invoke",
    "/workflows",
    "/adapters/a",
    "/server/metrics",
)


@pytest.fixture
def lifecycle() -> Lifecycle:
    return Lifecycle(0)


async def ask_away(lifecycle: Lifecycle, path: str, **settings: bool) -> Answer:
    return await ask(while_away(partial(probe, settings={**SETTINGS, **settings}), lifecycle), "POST", path)


def test_it_is_found_by_the_platforms_name() -> None:
    lmi = dialect("lmi")
    assert (lmi.around, lmi.probe, lmi.fetch) == (around, probe, fetch)


def test_all_of_its_work_comes_over_http() -> None:
    assert dialect("lmi").intake(FakeEngine({}), {}) is None


def test_what_a_plan_names_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(plan: Plan, report: object) -> Plan:
        return replace(plan, engine_args=("--model", "/tmp/m"))

    monkeypatch.setattr("dragoman.platforms.lmi.fetching.fetched", fetched)
    assert fetch(SPARE, lambda phase: None).engine_args == ("--model", "/tmp/m")


@pytest.mark.parametrize("path", ["/ping", "/ping/"])
async def test_ping_tells_that_the_model_loads(lifecycle: Lifecycle, path: str) -> None:
    assert (await ask_away(lifecycle, path)).told == (503, {"test": {"status": "PENDING"}})
    assert (await ask_away(lifecycle, path, allow_multi_status=True)).told == (207, {"test": {"status": "PENDING"}})


@pytest.mark.parametrize("path", OURS)
@pytest.mark.parametrize("status", [Status.STARTING, Status.RESTARTING, Status.DRAINING])
async def test_lmis_clients_are_told_to_try_again(lifecycle: Lifecycle, path: str, status: Status) -> None:
    lifecycle.enter(status)
    answer = await ask_away(lifecycle, path)
    assert (answer.status, answer.content["type"]) == (503, "ServiceUnavailableException")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/nothing", "/"])
async def test_openais_clients_are_told_in_openais_words(lifecycle: Lifecycle, path: str) -> None:
    answer = await ask_away(lifecycle, path)
    assert (answer.status, answer.content["error"]["type"]) == (503, "service_unavailable")


async def test_health_is_as_everywhere(lifecycle: Lifecycle) -> None:
    assert (await ask_away(lifecycle, "/health")).content["status"] == "starting"


@pytest.mark.parametrize("path", OURS)
def test_a_worker_that_is_ready_has_no_probes_but_two(lifecycle: Lifecycle, path: str) -> None:
    lifecycle.enter(Status.READY)
    assert probe(path, lifecycle, SETTINGS) is None


def test_the_doorman_loads_nothing_of_the_routes() -> None:
    program = "import sys, dragoman.platforms.lmi.app as app; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"torch", "vllm", "boto3", "dragoman.platforms.lmi.requests", "dragoman.platforms.lmi.routes.application"}
    assert not heavy & set(run.stdout.split())
