"""What is to be seen of a worker from outside, and where."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self, TextIO
from urllib.parse import urlsplit

from dragoman.settings.values import Value


@dataclass(frozen=True, kw_only=True)
class Observation:
    """How the worker tells what it does.

    Args:
        log_format: ``human`` or ``json``.
        log_level: the least that is logged, by Python's name for it.
        access_log: whether each request is logged at its end.
        unlogged_paths: the paths whose requests are not.
        traces_to: where OpenTelemetry's spans go, a URL; None for no spans.
    """

    log_format: str = "human"
    log_level: str = "INFO"
    access_log: bool = True
    unlogged_paths: tuple[str, ...] = ()
    traces_to: str | None = None

    @classmethod
    def of(cls, value: Callable[[str], Value], stream: TextIO) -> Self:
        """What the settings say.

        Args:
            value: gives a setting's value by its name.
            stream: where the log goes: people read a terminal, programs everything else.
        """
        chosen = value("log_format")
        paths = (value("disable_access_log_for_endpoints") or "").split(",")
        return cls(
            log_format=("human" if stream.isatty() else "json") if chosen == "auto" else chosen,
            log_level=value("log_level") or "INFO",
            access_log=not value("disable_uvicorn_access_log"),
            unlogged_paths=tuple(path.strip() for path in paths if path.strip()),
            traces_to=value("otlp_traces_endpoint"),
        )

    def told(self) -> Iterator[str]:
        """What to say at the start: where things go that do not go where they always do."""
        if not self.access_log:
            yield "requests are not logged (disable_uvicorn_access_log)"
        if self.traces_to is not None:
            yield f"traces go to {_without_login(self.traces_to)}"

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The observation that JSON holds, in which there are lists in place of tuples."""
        return cls(**content | {"unlogged_paths": tuple(content["unlogged_paths"])})


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
