"""What the doorman resolved and hands down to the processes that it starts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import orjson

from dragoman.process.listener import HttpOptions
from dragoman.serving.entrance.access import Access
from dragoman.serving.entrance.exposure import Exposure
from dragoman.serving.entrance.limits import Limits
from dragoman.serving.observing.observation import Observation
from dragoman.serving.queue.queueing import Queueing
from dragoman.settings.values import Value


@dataclass(frozen=True)
class Plan:
    """Everything that a server process needs to know; it travels through a pipe because it holds secrets.

    Args:
        platform: name of the dialect around the engine.
        dialect: the settings that the platform hands down to its dialect, by name.
        engine_args: vLLM's command line.
        engine_url: a remote OpenAI-compatible server in place of vLLM.
        access: the keys that open the worker.
        http: how HTTP is spoken.
        exposure: which of the engine's routes may be reached.
        limits: what one request may ask for.
        observation: what it tells of its doings.
        queueing: how many requests are let in to the engine, and how many wait.
        grace: seconds that running requests have after SIGTERM.
        launched: when the worker was launched, seconds of the monotonic clock, which all processes share.
        doorman: pid of the doorman.
        listen_fd: inherited descriptor of the listening socket.
        channel_fd: inherited descriptor of the channel to the doorman.
    """

    platform: str
    dialect: Mapping[str, Value]
    engine_args: tuple[str, ...]
    engine_url: str | None
    access: Access
    http: HttpOptions
    exposure: Exposure
    limits: Limits
    observation: Observation
    queueing: Queueing
    grace: float
    launched: float
    doorman: int
    listen_fd: int
    channel_fd: int

    def to_json(self) -> bytes:
        """The plan as the preloader reads it."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The plan that ``to_json`` wrote."""
        fields = orjson.loads(data)
        parts = {
            "engine_args": tuple(fields["engine_args"]),
            "access": Access(tuple(fields["access"]["digests"])),
            "http": HttpOptions(**fields["http"]),
            "exposure": Exposure(**fields["exposure"]),
            "limits": Limits.from_json(fields["limits"]),
            "observation": Observation.from_json(fields["observation"]),
            "queueing": Queueing(**fields["queueing"]),
        }
        return cls(**{**fields, **parts})
