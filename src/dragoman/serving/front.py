"""What answers while the engine runs: its own API behind the worker's probes and metrics, or a platform's routes."""

from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.engine.client import Client
from dragoman.serving.lifecycle import Lifecycle
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.probes import Probe, while_away

METRICS = "/metrics"
READING = ("GET", "HEAD")


def while_serving(engine: Engine, lifecycle: Lifecycle, routes: ASGIApp, otherwise: ASGIApp) -> ASGIApp:
    """Has a platform's own routes answer HTTP while the engine does, and another application everything else.

    Args:
        engine: the engine.
        lifecycle: the stage of the worker's life, which follows whether the engine answers.
        routes: answers HTTP.
        otherwise: answers what is no HTTP, and all while the worker does not serve.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        serves = lifecycle.follow(engine.healthy())
        await (routes if serves and scope["type"] == "http" else otherwise)(scope, receive, send)

    return app


def front(engine: Engine, lifecycle: Lifecycle, metrics: WorkerMetrics, probe: Probe) -> ASGIApp:
    """The application of a worker whose engine runs."""
    client = Client(engine.app)
    away = while_away(probe, lifecycle)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        serving = lifecycle.follow(engine.healthy())
        if scope["type"] == "http" and (response := probe(scope["path"], lifecycle)):
            await response(scope, receive, send)
        elif not serving:
            await away(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == METRICS and scope["method"] in READING:
            await (await metrics.response(client, scope["query_string"]))(scope, receive, send)
        else:
            await engine.app(scope, receive, send)

    return app
