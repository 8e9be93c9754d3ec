"""The LMI dialect: DJL Serving's routes, SageMaker's and OpenAI's, around the engine."""

from collections.abc import Iterable, Mapping
from functools import partial

from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from dragoman.engine import Engine, Report
from dragoman.platforms.lmi.errors import EXCEPTIONS, ServerError
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes import ping
from dragoman.platforms.lmi.routes.headers import INFERENCE_ID
from dragoman.platforms.lmi.routes.patterns import PATTERNS
from dragoman.process.plan import Plan
from dragoman.serving import probes
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.request_ids import HEADER
from dragoman.settings.values import Value

PING = "/ping"
# How the paths begin that only LMI has.
OURS = frozenset(("invocations", "predictions", "models", "workflows", "adapters", "server"))
ID_HEADERS = (HEADER, INFERENCE_ID.encode())


def prepare(plan: Plan, report: Report) -> Plan:
    """Has nothing to import."""
    return plan


def fetch(plan: Plan, report: Report) -> Plan:
    """Downloads what is on S3."""
    from dragoman.platforms.lmi.fetching import fetched

    return fetched(plan, report)


def probe(path: str, lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response | None:
    """/ping as SageMaker reads it, /health, and that nothing answers LMI's other paths now."""
    if path.rstrip("/") == PING:
        return ping.ping(lifecycle, settings)
    if not lifecycle.ready and path.removeprefix("/").split("/")[0] in OURS:
        return ping.unavailable(lifecycle)
    return probes.health(path, lifecycle)


def health_path(settings: Mapping[str, Value]) -> str:
    """The worker's own probe."""
    return probes.HEALTH


def around(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, settings: Mapping[str, Value]) -> ASGIApp:
    """The application of a worker whose engine runs."""
    from dragoman.platforms.lmi.routes.application import application

    return application(engine, lifecycle, metrics, Options.of(settings), partial(probe, settings=settings))


def refused(
    status: int, message: str, kind: str, headers: Mapping[str, str], scope: Scope, settings: Mapping[str, Value]
) -> Response:
    """An error of the server around the model's handler, by the name that it has in DJL Serving."""
    return ServerError(message, status, EXCEPTIONS.get(status, kind), dict(headers)).response()


def routes(settings: Mapping[str, Value]) -> Iterable[str]:
    """DJL Serving's and SageMaker's."""
    return PATTERNS


def intake(engine: Engine, settings: Mapping[str, Value]) -> None:
    """All work comes over HTTP."""


async def failed(settings: Mapping[str, Value]) -> None:
    """Nobody is to be told: the exit code says it."""
