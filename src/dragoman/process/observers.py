"""Who is told of a worker's requests: its metrics, its access log, its traces."""

import asyncio
import contextlib
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from dragoman.engine import Engine
from dragoman.engine.layer import Layer
from dragoman.engine.routes import NAMED
from dragoman.platforms.dialect import dialect
from dragoman.process.plan import Plan
from dragoman.serving.observing.access_log import AccessLog
from dragoman.serving.observing.exchange import Observer
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.observing.observed import Observed
from dragoman.serving.observing.route_names import RouteNames
from dragoman.serving.observing.routine import routine

if TYPE_CHECKING:
    from dragoman.serving.observing.tracing import Tracing

# Seconds that a collector has to take the last spans.
PATIENCE = 2.0
TICK = 0.02


class Observers:
    """Puts the observed layer around applications.

    Args:
        plan: what is served, and what is to be told of it.
    """

    def __init__(self, plan: Plan) -> None:
        speaks = dialect(plan.platform)
        self._plan = plan
        self._id_headers = speaks.ID_HEADERS
        self._is_routine = routine(partial(speaks.probe, settings=plan.dialect))
        self._route_of = RouteNames((*NAMED, *speaks.routes(plan.dialect)))
        self._tracing: Tracing | None = None

    def of_doorman(self, app: ASGIApp) -> ASGIApp:
        """What answers while nothing else can: that probes fail then is not logged."""
        return self._around(app, *self._access_log(expects_failures=True))

    def of_worker(self, app: ASGIApp, metrics: WorkerMetrics) -> ASGIApp:
        """The application of a worker whose engine runs."""
        return self._around(app, metrics, *self._traced(), *self._access_log())

    def of_intake(self, engine: Engine, metrics: WorkerMetrics) -> Engine:
        """The engine for work that does not come over HTTP: who takes it logs it by its own name."""
        return Layer(engine, self._around(engine.app, metrics, *self._traced()))

    async def close(self) -> None:
        """Sends the spans that have not been sent, as long as there is patience."""
        if self._tracing is None:
            return
        # A thread of a pool would be waited for.
        sending = Thread(target=self._tracing.close, daemon=True)
        sending.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while sending.is_alive():
                    await asyncio.sleep(TICK)

    def _around(self, app: ASGIApp, *observers: Observer) -> ASGIApp:
        return Observed(app, observers, self._id_headers, self._route_of)

    def _access_log(self, *, expects_failures: bool = False) -> tuple[Observer, ...]:
        wanted = self._plan.observation
        if not wanted.access_log:
            return ()
        paths = wanted.unlogged_paths
        return (AccessLog(self._plan.platform, self._is_routine, paths, expects_failures=expects_failures),)

    def _traced(self) -> tuple[Observer, ...]:
        endpoint = self._plan.observation.traces_to
        if endpoint is None:
            return ()
        from dragoman.serving.observing.tracing import tracing

        self._tracing = self._tracing or tracing(endpoint, self._plan.platform, self._is_routine)
        return (self._tracing,)
