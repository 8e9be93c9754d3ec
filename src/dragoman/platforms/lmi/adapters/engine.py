"""The engine with adapters that come and go."""

import tempfile
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.engine.layer import Layer
from dragoman.engine.messages import collected, replay
from dragoman.engine.threads import aside
from dragoman.platforms.lmi.adapters.loading import Loader
from dragoman.platforms.lmi.adapters.records import Records
from dragoman.platforms.lmi.adapters.registry import Registry
from dragoman.platforms.lmi.adapters.traffic import Traffic, adapter_of
from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.options import Options
from dragoman.serving import answers
from dragoman.serving.entrance.limits import Limits

RECORDS = "adapters.json"


class Front:
    """The engine's application; it has every adapter that a request names before the request reaches it.

    Args:
        app: the engine's own.
        registry: knows the adapters.
        traffic: is told which requests run on them.
        limits: within which a body is read.
    """

    def __init__(self, app: ASGIApp, registry: Registry, traffic: Traffic, limits: Limits) -> None:
        self._app = app
        self._registry = registry
        self._traffic = traffic
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        await self._registry.restored()
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        messages = await collected(receive)
        body = b"".join(message.get("body", b"") for message in messages)
        name = await aside(len(body), adapter_of, body, self._registry, self._limits)
        if name is None:
            await self._app(scope, replay(messages, receive), send)
            return
        try:
            await self._registry.resolve(name)
        except HandlerError as error:
            await answers.error(error.status, str(error), "FailedDependencyError", param="model")(scope, receive, send)
            return
        with self._traffic.under_way(name):
            await self._app(scope, replay(messages, receive), send)


class AdaptedEngine(Layer):
    """An engine whose adapters come and go.

    Args:
        engine: the engine.
        options: what the operator chose.
        records: what the worker knew of its adapters before.
    """

    def __init__(self, engine: Engine, options: Options, records: Records) -> None:
        traffic = Traffic()
        loader = Loader(engine)
        self.adapters = Registry(loader, traffic, options, records)
        front = Front(engine.app, self.adapters, traffic, options.limits)
        super().__init__(engine, front if options.enable_lora else engine.app)


def adapted(engine: Engine, options: Options) -> AdaptedEngine:
    """The engine with its adapters; what is known of them lives as long as the worker, like its temporary files."""
    return AdaptedEngine(engine, options, Records(Path(tempfile.gettempdir(), RECORDS)))
