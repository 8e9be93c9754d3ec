import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dragoman.platforms.datarobot.app import around, failed, intake, prepare, probe
from dragoman.platforms.dialect import dialect
from dragoman.process.plan import Plan
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.probes import while_away
from tests.engines import FakeEngine
from tests.plans import SPARE
from tests.platforms.datarobot.asking import ask
from tests.platforms.datarobot.reports import reports, self_signed
from tests.platforms.datarobot.workers import SETTINGS

pytestmark = pytest.mark.anyio


@pytest.fixture
def lifecycle() -> Lifecycle:
    return Lifecycle(0)


def test_it_is_found_by_the_platforms_name() -> None:
    datarobot = dialect("datarobot")
    assert (datarobot.around, datarobot.probe, datarobot.prepare) == (around, probe, prepare)
    assert datarobot.failed is failed


async def test_the_mark_of_an_engine_that_answers_goes_when_the_serving_ends(tmp_path: Path) -> None:
    mark = tmp_path / ".server_ready"
    mark.touch()
    work = intake(FakeEngine({}), {**SETTINGS, "code_dir": str(tmp_path)})
    work.close()
    await work.run()
    assert not mark.exists()


def test_a_plan_is_prepared_by_running_custom_py(monkeypatch: pytest.MonkeyPatch) -> None:
    def prepared(plan: Plan, report: object) -> Plan:
        return replace(plan, engine_args=("--model", "/opt/code/vllm"))

    monkeypatch.setattr("dragoman.platforms.datarobot.preparation.prepared", prepared)
    assert prepare(SPARE, lambda phase: None).engine_args == ("--model", "/opt/code/vllm")


@pytest.mark.parametrize("path", ["/", "/ping", "/ping/", "/health", "/health/"])
async def test_probes_tell_that_the_model_loads(lifecycle: Lifecycle, path: str) -> None:
    lifecycle.enter(Status.STARTING, "loading")
    answer = await ask(while_away(partial(probe, settings=SETTINGS), lifecycle), "GET", path)
    assert answer.status == 503
    assert answer.content["message"].startswith("vLLM server is not ready: loading (")


def test_the_doorman_loads_nothing_of_the_routes() -> None:
    program = (
        "import sys, dragoman.platforms.datarobot.app as app; from dragoman.serving.lifecycle import Lifecycle;"
        "app.probe('/info/', Lifecycle(0), {'target_name': 't'}); print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"torch", "vllm", "pandas", "numpy", "dragoman.platforms.datarobot.routes.application"}
    assert not heavy & set(run.stdout.split())


@pytest.mark.parametrize(("verify_ssl", "told"), [(False, 1), (True, 0)])
async def test_datarobot_is_told_that_the_worker_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify_ssl: bool, told: int
) -> None:
    with reports(self_signed(tmp_path)) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        await failed({**SETTINGS, "verify_ssl": verify_ssl})
        assert len(server.told) == told
