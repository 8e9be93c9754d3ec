"""The plain dialect: vLLM's own API as it is, with the worker's health and metrics in place of the engine's."""

from collections.abc import Mapping
from functools import partial

from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.engine import Engine, Report
from dragoman.process.plan import Plan
from dragoman.serving.front import front
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.metrics import WorkerMetrics
from dragoman.serving.probes import health
from dragoman.settings.values import Value


def prepare(plan: Plan, report: Report) -> Plan:
    """Has nothing to import or to fetch."""
    return plan


def probe(path: str, lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response | None:
    """/health."""
    return health(path, lifecycle)


def around(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, settings: Mapping[str, Value]) -> ASGIApp:
    """The application of a worker whose engine runs."""
    return front(engine, lifecycle, metrics, partial(probe, settings=settings))


def intake(engine: Engine, settings: Mapping[str, Value]) -> None:
    """All work comes over HTTP."""


async def failed(settings: Mapping[str, Value]) -> None:
    """Nobody is to be told: the exit code says it."""
