"""The plain dialect: vLLM's own API as it is, with the worker's health, metrics and page."""

from collections.abc import Iterable, Mapping
from functools import partial

from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from dragoman.engine import Engine, Report
from dragoman.platforms.plain import page
from dragoman.process.plan import Plan
from dragoman.serving import answers
from dragoman.serving.front import front
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.request_ids import HEADER
from dragoman.serving.probes import HEALTH, health
from dragoman.settings.values import Value

ID_HEADERS = (HEADER,)


def prepare(plan: Plan, report: Report) -> Plan:
    """Has nothing to import."""
    return plan


def fetch(plan: Plan, report: Report) -> Plan:
    """Leaves the model to what fetches it on every platform."""
    return plan


def probe(path: str, lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response | None:
    """/health, and the page's files where there is to be one."""
    return health(path, lifecycle) or (page.file(path) if settings.get("ui") else None)


def health_path(settings: Mapping[str, Value]) -> str:
    """The worker's own probe."""
    return HEALTH


def around(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, settings: Mapping[str, Value]) -> ASGIApp:
    """The application of a worker whose engine runs."""
    own = partial(probe, settings=settings)
    return front(engine, lifecycle, metrics, page.describing(own, engine.tasks) if settings.get("ui") else own)


def refused(
    status: int, message: str, kind: str, headers: Mapping[str, str], scope: Scope, settings: Mapping[str, Value]
) -> Response:
    """An error in OpenAI's words."""
    return answers.error(status, message, kind, dict(headers))


def routes(settings: Mapping[str, Value]) -> Iterable[str]:
    """The engine's, and the page's where there is to be one."""
    return page.ROUTES if settings.get("ui") else ()


def intake(engine: Engine, settings: Mapping[str, Value]) -> None:
    """All work comes over HTTP."""


async def failed(settings: Mapping[str, Value]) -> None:
    """Nobody is to be told: the exit code says it."""
