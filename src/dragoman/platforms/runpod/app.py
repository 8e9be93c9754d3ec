"""The RunPod dialect: a job loop on a queue endpoint, vLLM's own API behind /ping on a load-balancing one."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module

from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from dragoman.engine import Engine, Report
from dragoman.engine.client import Client
from dragoman.platforms.runpod.configuration.load_balancing import has_queue
from dragoman.process.plan import Plan
from dragoman.serving import answers, probes
from dragoman.serving.front import front
from dragoman.serving.intake import Intake
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.request_ids import HEADER
from dragoman.settings.values import Value

PING = "/ping"
ID_HEADERS = (HEADER,)


def prepare(plan: Plan, report: Report) -> Plan:
    """Imports RunPod's SDK where there is a queue."""
    if has_queue(os.environ):
        with _root_logger_as_it_is():
            import_module("dragoman.platforms.runpod.sdk")
    return plan


def fetch(plan: Plan, report: Report) -> Plan:
    """Leaves the model to what fetches it on every platform."""
    return plan


def probe(path: str, lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response | None:
    """/ping as RunPod's load balancer reads it: 200 ready, 204 not yet, anything else unhealthy; and /health."""
    if path != PING:
        return probes.health(path, lifecycle)
    if lifecycle.status is Status.DRAINING:
        return answers.health(lifecycle, False)
    return answers.health(lifecycle, True) if lifecycle.ready else Response(status_code=204)


def health_path(settings: Mapping[str, Value]) -> str:
    """The worker's own probe."""
    return probes.HEALTH


def around(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, settings: Mapping[str, Value]) -> ASGIApp:
    """The application of a worker whose engine runs."""
    return front(engine, lifecycle, metrics, partial(probe, settings=settings))


def refused(
    status: int, message: str, kind: str, headers: Mapping[str, str], scope: Scope, settings: Mapping[str, Value]
) -> Response:
    """An error in OpenAI's words, which those who call a load-balancing endpoint know."""
    return answers.error(status, message, kind, dict(headers))


def routes(settings: Mapping[str, Value]) -> Iterable[str]:
    """The engine's are all, and the load balancer's probe."""
    return (PING,)


def intake(engine: Engine, settings: Mapping[str, Value]) -> Intake | None:
    """The job loop, where there is a queue."""
    if not has_queue(os.environ):
        return None
    from dragoman.platforms.runpod.queue import Queue

    return Queue(Client(engine.app), settings)


async def failed(settings: Mapping[str, Value]) -> None:
    """Nobody is to be told: the exit code says it."""


@contextmanager
def _root_logger_as_it_is() -> Iterator[None]:
    """Undoes what importing the SDK does to everybody's logging: a handler, and INFO for all."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
