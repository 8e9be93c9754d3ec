"""How a platform's application is found: each platform folder has an ``app`` module of this shape."""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from dragoman.engine import Engine, Report
from dragoman.process.plan import Plan
from dragoman.serving.intake import Intake
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.settings.values import Value


class Dialect(Protocol):
    """What a platform says and hears; `settings` are those that the platform hands down, by name.

    `ID_HEADERS` are the headers in which a request may be named, in lower case, the strongest first.
    """

    ID_HEADERS: Sequence[bytes]

    def prepare(self, plan: Plan, report: Report) -> Plan:
        """Imports and runs what takes long, in the preloader, once for all starts of the engine.

        Args:
            plan: what the doorman resolved.
            report: is told the name of each phase as it begins.

        Returns:
            The plan with what has been found out meanwhile.
        """

    def fetch(self, plan: Plan, report: Report) -> Plan:
        """Fetches the model in the platform's own way, in a process of its own beside the import of the engine.

        Args:
            plan: what `prepare` returned.
            report: is told what is downloaded and how far it is.

        Returns:
            The plan with what has been fetched in its place.

        Raises:
            EngineStartError: it cannot be had.
        """

    def probe(self, path: str, lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response | None:
        """The answer to the platform's probes, by the stage of the worker's life; None for any other path.

        The files of a page count as such too. It imports nothing heavy: the doorman answers with it from the first
        second.
        """

    def health_path(self, settings: Mapping[str, Value]) -> str:
        """Where the probe is that answers 200 only while the worker serves."""

    def around(
        self, engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, settings: Mapping[str, Value]
    ) -> ASGIApp:
        """What the server process answers with a running engine."""

    def refused(
        self,
        status: int,
        message: str,
        kind: str,
        headers: Mapping[str, str],
        scope: Scope,
        settings: Mapping[str, Value],
    ) -> Response:
        """An error for a request that is turned away before the platform's application sees it.

        Args:
            status: the HTTP status.
            message: what is wrong, without anything that the request holds.
            kind: the error's type, for dialects that have OpenAI's errors.
            headers: more headers of the answer.
            scope: the request's; dialects may have other words on other paths.
            settings: those that the platform hands down, by name.
        """

    def routes(self, settings: Mapping[str, Value]) -> Iterable[str]:
        """The patterns of the paths that it has beside the engine's, by which requests are counted.

        ``{name}`` stands for any one segment, a last segment ``*`` for one or more.
        """

    def intake(self, engine: Engine, settings: Mapping[str, Value]) -> Intake | None:
        """What fetches work from the platform's queue; None where all of it comes over HTTP."""

    async def failed(self, settings: Mapping[str, Value]) -> None:
        """Tells the platform that the worker gives up, in the doorman, which ends after it.

        It takes seconds at most, and raises nothing.
        """


def dialect(platform: str) -> Dialect:
    """The dialect of a platform by the platform's name."""
    return cast(Dialect, import_module(f"dragoman.platforms.{platform}.app"))
