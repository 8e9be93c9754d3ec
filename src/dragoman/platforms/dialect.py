"""How a platform's application is found: each platform folder has an ``app`` module of this shape."""

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.engine import Engine, Report
from dragoman.process.plan import Plan
from dragoman.serving.intake import Intake
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.metrics import WorkerMetrics
from dragoman.settings.values import Value


class Dialect(Protocol):
    """What a platform says and hears; `settings` are those that the platform hands down, by name."""

    def prepare(self, plan: Plan, report: Report) -> Plan:
        """Imports and fetches what takes long, in the preloader, once for all starts of the engine.

        Args:
            plan: what the doorman resolved.
            report: is told the name of each phase as it begins.

        Returns:
            The plan with what has been found out meanwhile.
        """

    def probe(self, path: str, lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response | None:
        """The answer to the platform's probes, by the stage of the worker's life; None for any other path.

        It imports nothing heavy: the doorman answers with it from the first second.
        """

    def around(
        self, engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, settings: Mapping[str, Value]
    ) -> ASGIApp:
        """What the server process answers with a running engine."""

    def intake(self, engine: Engine, settings: Mapping[str, Value]) -> Intake | None:
        """What fetches work from the platform's queue; None where all of it comes over HTTP."""

    async def failed(self, settings: Mapping[str, Value]) -> None:
        """Tells the platform that the worker gives up, in the doorman, which ends after it.

        It takes seconds at most, and raises nothing.
        """


def dialect(platform: str) -> Dialect:
    """The dialect of a platform by the platform's name."""
    return cast(Dialect, import_module(f"dragoman.platforms.{platform}.app"))
