"""A worker's application around an engine that is made up."""

from collections.abc import Iterable
from functools import partial

from starlette.types import ASGIApp

from dragoman.engine import Engine
from dragoman.platforms.lmi.app import around
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes.error_responses import error_response
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.router import Router
from dragoman.serving.table import Route, Table
from dragoman.settings.values import Value

ROLLING = {"rolling_batch": "vllm"}
SETTINGS: dict[str, Value] = {
    "model_name": "test",
    "model_url": "/opt/ml/model",
    "served_model_name": ["test", "lmi"],
}


def worker(engine: Engine, **changes: Value) -> ASGIApp:
    """The application; `changes` are settings."""
    lifecycle = Lifecycle(0)
    lifecycle.enter(Status.READY)
    return worker_in(lifecycle, engine, **changes)


def worker_in(lifecycle: Lifecycle, engine: Engine, **changes: Value) -> ASGIApp:
    """The application of a worker in another stage of its life."""
    return around(engine, lifecycle, WorkerMetrics("lmi", 0), {**SETTINGS, **changes})


def routed(routes: Iterable[Route], options: Options) -> ASGIApp:
    """Some rows alone, as such an application has them."""
    return Router(Table(routes), partial(error_response, options))
