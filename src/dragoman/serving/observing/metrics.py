"""The worker's own Prometheus metrics, told after the engine's."""

from collections.abc import Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

from dragoman import __version__
from dragoman.engine.client import Client
from dragoman.serving.observing.exchange import WEBSOCKET, Exchange

TEXT = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", WEBSOCKET))
OTHER = "OTHER"


class Places(Protocol):
    """The places at the engine."""

    @property
    def waiting(self) -> int:
        """How many requests wait for one."""

    @property
    def taken(self) -> int:
        """How many requests have one."""


class WorkerMetrics:
    """Figures about the worker around the engine.

    Args:
        platform: the dialect that is served.
        restarts: how often the server process has been started again.
    """

    def __init__(self, platform: str, restarts: int) -> None:
        self._registry = registry = CollectorRegistry()
        self._platform = platform
        info = self._gauge("dragoman_info", "The worker's version and platform", "version", "platform")
        info.labels(__version__, platform).set(1)
        counter = Counter("dragoman_restarts", "Starts of the engine after the first", registry=registry)
        counter.inc(restarts)
        self._start = self._gauge("dragoman_start_seconds", "From the launch or the restart to the first token")
        self._requests = Counter(
            "dragoman_requests",
            "Requests that have ended, and the engine's requests for jobs",
            ["platform", "route", "method", "status"],
            registry=registry,
        )
        self._durations = Histogram(
            "dragoman_request_duration_seconds",
            "From a request to the end of its answer",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self._first_bytes = Histogram(
            "dragoman_time_to_first_byte_seconds",
            "From a request to the first byte of its answer's body",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self._in_flight = self._gauge("dragoman_requests_in_flight", "Requests that are being answered")
        self._refused = Counter(
            "dragoman_refused", "Requests that the worker turned away itself", ["reason"], registry=registry
        )
        self._queue = self._gauge("dragoman_queue_requests", "Requests at the engine's door", "state")

    def ready(self, seconds: float) -> None:
        """Records how long it took to become ready."""
        self._start.set(seconds)

    def watch(self, places: Places) -> None:
        """Tells from now on how many requests have a place at the engine, and how many wait for one."""
        self._queue.labels("waiting").set_function(lambda: places.waiting)
        self._queue.labels("running").set_function(lambda: places.taken)

    def began(self, exchange: Exchange) -> None:
        """Counts a request that is being answered."""
        self._in_flight.inc()

    def ended(self, exchange: Exchange) -> None:
        """Counts a request that has been."""
        self._in_flight.dec()
        method = exchange.method if exchange.method in METHODS else OTHER
        self._requests.labels(self._platform, exchange.route, method, exchange.status).inc()
        self._durations.labels(exchange.route).observe(exchange.seconds)
        for reason in exchange.context.refusals:
            self._refused.labels(reason).inc()
        if exchange.first_byte is not None:
            self._first_bytes.labels(exchange.route).observe(exchange.first_byte)

    def booted(self, phases: Mapping[str, float], last: Mapping[str, float]) -> None:
        """Records the seconds of each phase of the start, and of the last start that did the same."""
        for name, seconds, meaning in (
            ("dragoman_boot_phase_seconds", phases, "Seconds of the start, by phase"),
            ("dragoman_last_boot_phase_seconds", last, "Seconds of the start before, by phase"),
        ):
            gauge = self._gauge(name, meaning, "phase")
            for phase, value in seconds.items():
                gauge.labels(phase).set(value)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self._registry)

    async def response(self, engine: Client, query: bytes) -> Response:
        """The engine's metrics, asked for with the same query, and the worker's."""
        async with engine.stream("GET", "/metrics", query=query, headers=[(b"accept", b"text/plain")]) as theirs:
            text = await theirs.read() if theirs.status == 200 else b""
        return Response(text + generate_latest(self._registry), media_type=TEXT)
