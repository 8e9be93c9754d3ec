import os
import subprocess
import sys

import orjson
import pytest

from dragoman.engine.client import Client
from dragoman.platforms.dialect import dialect
from dragoman.platforms.runpod import app
from dragoman.platforms.runpod.configuration.load_balancing import JOBS
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from tests.clock import Clock
from tests.engines import FakeEngine

pytestmark = pytest.mark.anyio


@pytest.fixture
def lifecycle(clock: Clock) -> Lifecycle:
    return Lifecycle(clock.now)


def test_it_is_found_by_the_platforms_name() -> None:
    assert dialect("runpod").probe is app.probe


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.STARTING, 204),
        (Status.READY, 200),
        (Status.WAITING, 204),
        (Status.RESTARTING, 204),
        (Status.DRAINING, 503),
    ],
)
def test_ping_speaks_to_the_load_balancer(lifecycle: Lifecycle, status: Status, code: int) -> None:
    lifecycle.enter(status)
    response = app.probe("/ping", lifecycle, {})
    assert response is not None
    assert response.status_code == code


def test_a_worker_that_is_not_ready_has_nothing_to_say_in_a_204(lifecycle: Lifecycle) -> None:
    response = app.probe("/ping", lifecycle, {})
    assert response is not None
    assert response.body == b""


@pytest.mark.parametrize(("path", "code"), [("/ping", 200), ("/health", 200), ("/v1/models", 418)])
async def test_the_engines_api_stands_behind_the_probes(lifecycle: Lifecycle, path: str, code: int) -> None:
    lifecycle.enter(Status.READY)
    engine = FakeEngine({"/v1/models": (418, "{}"), "/ping": (418, "the engine's own")})
    async with Client(app.around(engine, lifecycle, WorkerMetrics("runpod", 0), {})).stream("GET", path) as response:
        assert response.status == code


async def test_health_tells_the_phase(lifecycle: Lifecycle) -> None:
    lifecycle.enter(Status.STARTING, "loading")
    response = app.probe("/health", lifecycle, {})
    assert response is not None
    assert orjson.loads(response.body)["phase"] == "loading"


def test_without_a_queue_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(JOBS, raising=False)
    assert app.intake(FakeEngine({}), {}) is None


LOGGING = """
import logging
from dragoman.platforms.runpod import app
from dragoman.platforms.runpod.configuration.load_balancing import JOBS
from tests.plans import SPARE
root = logging.getLogger()
before = (root.level, root.handlers[:])
app.prepare(SPARE, print)
assert (root.level, root.handlers) == before
"""


def test_the_sdk_leaves_everybodys_logging_alone() -> None:
    environment = {**os.environ, JOBS: "http://127.0.0.1/job-take/$ID?gpu=none"}
    subprocess.run([sys.executable, "-c", LOGGING], env=environment, check=True)
