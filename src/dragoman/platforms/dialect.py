"""How a platform's application is found: each platform folder has an ``app`` module of this shape."""

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.engine import Engine
from dragoman.serving.intake import Intake
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.metrics import WorkerMetrics
from dragoman.settings.values import Value


class Dialect(Protocol):
    """What a platform says and hears."""

    def prepare(self) -> None:
        """Imports what is slow to import, in the preloader, once for all starts of the engine."""

    def probe(self, path: str, lifecycle: Lifecycle) -> Response | None:
        """The answer to the platform's probes, by the stage of the worker's life; None for any other path.

        It imports nothing heavy: the doorman answers with it from the first second.
        """

    def around(self, engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics) -> ASGIApp:
        """What the server process answers with a running engine."""

    def intake(self, engine: Engine, settings: Mapping[str, Value]) -> Intake | None:
        """What fetches work from the platform's queue; None where all of it comes over HTTP.

        Args:
            engine: what does the work.
            settings: the settings that the platform hands down, by name.
        """


def dialect(platform: str) -> Dialect:
    """The dialect of a platform by the platform's name."""
    return cast(Dialect, import_module(f"dragoman.platforms.{platform}.app"))
