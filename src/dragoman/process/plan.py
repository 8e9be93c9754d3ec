"""What the doorman resolved and hands down to the processes that it starts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import orjson

from dragoman.process.listener import HttpOptions
from dragoman.settings.values import Value


@dataclass(frozen=True)
class Plan:
    """Everything that a server process needs to know; it travels through a pipe because it holds secrets.

    Args:
        platform: name of the dialect around the engine.
        dialect: the settings that the platform hands down to its dialect, by name.
        engine_args: vLLM's command line.
        engine_url: a remote OpenAI-compatible server in place of vLLM.
        api_key: what the worker shows to the engine when it asks for the first token, if the engine wants a key.
        http: how HTTP is spoken.
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
    api_key: str | None
    http: HttpOptions
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
        http = HttpOptions(**fields.pop("http"))
        return cls(engine_args=tuple(fields.pop("engine_args")), http=http, **fields)
