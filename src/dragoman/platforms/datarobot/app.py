"""The DataRobot dialect: the routes of DRUM, the server in DataRobot's drop-in environments, around the engine."""

import os
from collections.abc import Iterable, Mapping
from functools import partial

from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from dragoman.engine import Engine, Report
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.routes.patterns import PATTERNS
from dragoman.process.plan import Plan
from dragoman.serving.intake import Intake
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.request_ids import HEADER
from dragoman.serving.probes import HEALTH
from dragoman.settings.values import Value

ID_HEADERS = (HEADER,)


def prepare(plan: Plan, report: Report) -> Plan:
    """Runs what a start has of custom.py."""
    from dragoman.platforms.datarobot.preparation import prepared

    return prepared(plan, report)


def fetch(plan: Plan, report: Report) -> Plan:
    """Leaves the model to what fetches it on every platform."""
    return plan


def probe(path: str, lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response | None:
    """What DRUM answers from its first second on, and that nothing else is answered now."""
    from dragoman.platforms.datarobot.routes.away import answer

    return answer(path, lifecycle, Options.of(settings))


def health_path(settings: Mapping[str, Value]) -> str:
    """The worker's own probe, behind the prefix of all routes."""
    return Options.of(settings).url_prefix + HEALTH


def around(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, settings: Mapping[str, Value]) -> ASGIApp:
    """The application of a worker whose engine runs."""
    from dragoman.platforms.datarobot.routes.application import application

    return application(engine, lifecycle, metrics, Options.of(settings), partial(probe, settings=settings))


def refused(
    status: int, message: str, kind: str, headers: Mapping[str, str], scope: Scope, settings: Mapping[str, Value]
) -> Response:
    """An error in DRUM's words, or in the engine's on the paths that lead straight to it."""
    from dragoman.platforms.datarobot.routes.rejections import rejection

    return rejection(status, message, kind, headers, scope["path"], Options.of(settings))


def routes(settings: Mapping[str, Value]) -> Iterable[str]:
    """DRUM's."""
    prefix = Options.of(settings).url_prefix
    return [prefix + pattern for pattern in PATTERNS]


def intake(engine: Engine, settings: Mapping[str, Value]) -> Intake:
    """All work comes over HTTP; this takes DRUM's mark away when the serving ends."""
    from dragoman.platforms.datarobot.sentinel import Sentinel

    return Sentinel(Options.of(settings).directory.resolve())


async def failed(settings: Mapping[str, Value]) -> None:
    """Reports to DataRobot, where custom models report how they fare."""
    from dragoman.platforms.datarobot.status import Status

    await Status(os.environ, Options.of(settings).verify_ssl).fail()
