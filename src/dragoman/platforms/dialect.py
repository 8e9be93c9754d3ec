"""How a platform's application is found: each platform folder has an ``app`` module of this shape."""

from importlib import import_module
from typing import Protocol, cast

from starlette.types import ASGIApp

from dragoman.engine import Engine
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.metrics import WorkerMetrics


class Dialect(Protocol):
    """The two applications of a platform."""

    def while_away(self, lifecycle: Lifecycle) -> ASGIApp:
        """What the doorman answers while no engine can; imports nothing heavy."""

    def around(self, engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics) -> ASGIApp:
        """What the server process answers with a running engine."""


def dialect(platform: str) -> Dialect:
    """The dialect of a platform by the platform's name."""
    return cast(Dialect, import_module(f"dragoman.platforms.{platform}.app"))
