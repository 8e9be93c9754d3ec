"""The DataRobot dialect: the routes of DRUM, the server in DataRobot's drop-in environments, around the engine."""

import os
from collections.abc import Mapping
from functools import partial

from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.engine import Engine, Report
from dragoman.platforms.datarobot.options import Options
from dragoman.process.plan import Plan
from dragoman.serving.intake import Intake
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.metrics import WorkerMetrics
from dragoman.settings.values import Value


def prepare(plan: Plan, report: Report) -> Plan:
    """Runs what a start has of custom.py."""
    from dragoman.platforms.datarobot.preparation import prepared

    return prepared(plan, report)


def probe(path: str, lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response | None:
    """What DRUM answers from its first second on, and that nothing else is answered now."""
    from dragoman.platforms.datarobot.routes.away import answer

    return answer(path, lifecycle, Options.of(settings))


def around(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, settings: Mapping[str, Value]) -> ASGIApp:
    """The application of a worker whose engine runs."""
    from dragoman.platforms.datarobot.routes.application import application

    return application(engine, lifecycle, metrics, Options.of(settings), partial(probe, settings=settings))


def intake(engine: Engine, settings: Mapping[str, Value]) -> Intake:
    """All work comes over HTTP; this takes DRUM's mark away when the serving ends."""
    from dragoman.platforms.datarobot.sentinel import Sentinel

    return Sentinel(Options.of(settings).directory.resolve())


async def failed(settings: Mapping[str, Value]) -> None:
    """Reports to DataRobot, where custom models report how they fare."""
    from dragoman.platforms.datarobot.status import Status

    await Status(os.environ, Options.of(settings).verify_ssl).fail()
