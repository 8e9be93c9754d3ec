"""A worker's application around an engine that is made up."""

from starlette.types import ASGIApp

from dragoman.engine import Engine
from dragoman.platforms.datarobot.app import around
from dragoman.platforms.datarobot.options import DEPLOYED, Options
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.settings.values import Value

SETTINGS: dict[str, Value] = {
    "target_name": "resultText",
    "code_dir": "/nowhere",
    "served_model_name": [DEPLOYED],
}


def worker(engine: Engine, **changes: Value) -> ASGIApp:
    """The application; `changes` are settings."""
    lifecycle = Lifecycle(0)
    lifecycle.enter(Status.READY)
    return worker_in(lifecycle, engine, **changes)


def worker_in(lifecycle: Lifecycle, engine: Engine, **changes: Value) -> ASGIApp:
    """The application of a worker in another stage of its life."""
    return around(engine, lifecycle, WorkerMetrics("datarobot", 0), {**SETTINGS, **changes})


def options(**changes: Value) -> Options:
    """Those of such a worker."""
    return Options.of({**SETTINGS, **changes})
