"""The plain dialect: vLLM's own API as it is, with the worker's health and metrics in place of the engine's."""

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.engine import Engine
from dragoman.serving.front import front
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.metrics import WorkerMetrics
from dragoman.serving.probes import health
from dragoman.settings.values import Value


def prepare() -> None:
    """Has nothing to import."""


def probe(path: str, lifecycle: Lifecycle) -> Response | None:
    """/health."""
    return health(path, lifecycle)


def around(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics) -> ASGIApp:
    """The application of a worker whose engine runs."""
    return front(engine, lifecycle, metrics, probe)


def intake(engine: Engine, settings: Mapping[str, Value]) -> None:
    """All work comes over HTTP."""
