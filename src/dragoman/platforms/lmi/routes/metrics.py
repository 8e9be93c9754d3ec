"""/server/metrics: the metrics of the engine and of the worker, or some of them."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from dragoman.engine.client import Client
from dragoman.serving.observing.metrics import TEXT, WorkerMetrics


class MetricsApi:
    """Answers with metrics in Prometheus' text.

    Args:
        metrics: the worker's.
        engine: where the engine's are.
    """

    def __init__(self, metrics: WorkerMetrics, engine: Client) -> None:
        self._metrics = metrics
        self._engine = engine

    async def all(self, request: Request) -> Response:
        """All metrics, or those with the names in ``name[]``."""
        told = await self._metrics.response(self._engine, b"")
        names = request.query_params.getlist("name[]")
        return Response(_only(names, bytes(told.body).decode()), media_type=TEXT) if names else told


class _Families(Collector):
    """Metrics that were read."""

    def __init__(self, text: str) -> None:
        self._families = list(text_string_to_metric_families(text))

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _only(names: Iterable[str], text: str) -> bytes:
    registry = CollectorRegistry(auto_describe=True)
    registry.register(_Families(text))
    return generate_latest(registry.restricted_registry(names))
