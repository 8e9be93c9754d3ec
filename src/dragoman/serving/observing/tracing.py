"""OpenTelemetry: a server span for each request, of which the engine's spans are children.

Imported only where spans are wanted. As in vLLM, ``otlp_traces_endpoint`` says where they go and
``OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`` how (gRPC unless set); the SDK reads its own ``OTEL_…`` variables.
"""

import os
from collections.abc import Callable
from dataclasses import replace

from opentelemetry import trace
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_TRACES_PROTOCOL
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from dragoman import __version__
from dragoman.errors import ConfigurationError
from dragoman.serving.observing.exchange import FAILED, Exchange

GRPC = "grpc"
HTTP = "http/protobuf"
W3C = TraceContextTextMapPropagator()
NANOSECONDS = 10**9


class Tracing:
    """Makes a span of each exchange.

    Args:
        provider: where the spans go.
        platform: the dialect that is served.
        is_routine: whether a path is asked for all the time; these requests get no span.
    """

    def __init__(self, provider: TracerProvider, platform: str, is_routine: Callable[[str], bool]) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("dragoman", __version__)
        self._platform = platform
        self._is_routine = is_routine
        self._spans: dict[Exchange, Span] = {}

    def began(self, exchange: Exchange) -> None:
        """Begins a span below the client's, and has the engine's spans begin below it."""
        if self._is_routine(exchange.scope["path"]):
            return
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in exchange.scope["headers"]}
        span = self._tracer.start_span(
            f"{exchange.method} {exchange.route}",
            context=W3C.extract(given),
            kind=SpanKind.SERVER,
            start_time=_nanoseconds(exchange.started),
            attributes={
                "http.request.method": exchange.method,
                "http.route": exchange.route,
                "url.path": exchange.path,
                "dragoman.platform": self._platform,
                "dragoman.request_id": exchange.context.request_id,
            },
        )
        self._spans[exchange] = span
        handed_on: dict[str, str] = {}
        W3C.inject(handed_on, context=trace.set_span_in_context(span))
        exchange.context = replace(
            exchange.context,
            trace_id=trace.format_trace_id(span.get_span_context().trace_id),
            trace=tuple((name.encode(), value.encode()) for name, value in handed_on.items()),
        )

    def ended(self, exchange: Exchange) -> None:
        """Ends the span; its ``first byte`` is the first token of a stream."""
        span = self._spans.pop(exchange, None)
        if span is None:
            return
        span.set_attribute("http.response.status_code", exchange.status)
        if exchange.first_byte is not None:
            span.add_event("first byte", timestamp=_nanoseconds(exchange.started + exchange.first_byte))
        if exchange.outcome != "complete":
            span.set_attribute("dragoman.outcome", exchange.outcome)
        if exchange.status >= FAILED:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(exchange.started + exchange.seconds))

    def close(self) -> None:
        """Sends what has not been sent; takes as long as the exporter's timeout where nobody takes it."""
        self._provider.shutdown()


def tracing(endpoint: str, platform: str, is_routine: Callable[[str], bool]) -> Tracing:
    """What makes spans, by the engine's provider where it has made one in this process, else by one like it.

    Args:
        endpoint: a URL that takes OTLP.
        platform: the dialect that is served.
        is_routine: whether a path is asked for all the time.

    Raises:
        ConfigurationError: the protocol is unknown.
    """
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(exporter(endpoint)))
    return Tracing(provider, platform, is_routine)


def exporter(endpoint: str) -> SpanExporter:
    """What sends spans to an endpoint.

    Raises:
        ConfigurationError: the protocol is unknown.
    """
    protocol = os.environ.get(OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, GRPC)
    if protocol == GRPC:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter

        return GrpcExporter(endpoint=endpoint, insecure=True)
    if protocol == HTTP:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter

        return HttpExporter(endpoint=endpoint)
    raise ConfigurationError(f"{OTEL_EXPORTER_OTLP_TRACES_PROTOCOL}: choose {GRPC} or {HTTP}")


def _nanoseconds(seconds: float) -> int:
    return int(seconds * NANOSECONDS)
