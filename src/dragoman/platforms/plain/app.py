"""The plain dialect: vLLM's own API as it is, with the worker's health and metrics in place of the engine's."""

from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.engine.client import Client
from dragoman.serving import answers
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.metrics import WorkerMetrics

HEALTH = "/health"


def while_away(lifecycle: Lifecycle) -> ASGIApp:
    """What answers while no engine can: health with the phase, everything else with 503."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1013})
            return
        response = answers.health(lifecycle, False) if scope["path"] == HEALTH else answers.unavailable(lifecycle)
        await response(scope, receive, send)

    return app


def around(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics) -> ASGIApp:
    """The application of a worker whose engine runs."""
    client = Client(engine.app)
    away = while_away(lifecycle)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        serving = lifecycle.follow(engine.healthy())
        path = scope.get("path")
        if path == HEALTH and scope["type"] == "http":
            await answers.health(lifecycle, serving)(scope, receive, send)
        elif not serving:
            await away(scope, receive, send)
        elif path == "/metrics":
            await (await metrics.response(client, scope["query_string"]))(scope, receive, send)
        else:
            await engine.app(scope, receive, send)

    return app
