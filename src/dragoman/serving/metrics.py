"""The worker's own Prometheus metrics, told after the engine's."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from starlette.responses import Response

from dragoman import __version__
from dragoman.engine.client import Client

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class WorkerMetrics:
    """Figures about the worker around the engine.

    Args:
        platform: the dialect that is served.
        restarts: how often the server process has been started again.
    """

    def __init__(self, platform: str, restarts: int) -> None:
        self._registry = CollectorRegistry()
        info = Gauge(
            "dragoman_info", "The worker's version and platform", ["version", "platform"], registry=self._registry
        )
        info.labels(__version__, platform).set(1)
        counter = Counter("dragoman_restarts", "Starts of the engine after the first", registry=self._registry)
        counter.inc(restarts)
        self._start = Gauge(
            "dragoman_start_seconds", "From the launch or the restart to the first token", registry=self._registry
        )

    def ready(self, seconds: float) -> None:
        """Records how long it took to become ready."""
        self._start.set(seconds)

    async def response(self, engine: Client, query: bytes) -> Response:
        """The engine's metrics, asked for with the same query, and the worker's."""
        async with engine.stream("GET", "/metrics", query=query, headers=[(b"accept", b"text/plain")]) as theirs:
            text = await theirs.read() if theirs.status == 200 else b""
        return Response(text + generate_latest(self._registry), media_type=TEXT)
