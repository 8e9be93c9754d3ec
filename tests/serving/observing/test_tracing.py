from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler
from opentelemetry.trace import SpanKind, StatusCode
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from dragoman.errors import ConfigurationError
from dragoman.serving.observing import tracing
from dragoman.serving.observing.observed import Observed
from dragoman.serving.observing.request_context import CURRENT
from dragoman.serving.observing.tracing import Tracing
from tests.otlp import attributes, collector
from tests.serving.exchanges import Header, asked, body, head, saying, scope

pytestmark = pytest.mark.anyio

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CLIENT = "b7ad6b7169203331"
PARENT = (b"traceparent", f"00-{TRACE_ID}-{CLIENT}-01".encode())


class Traced:
    """An application whose spans are kept."""

    def __init__(self, *messages: Message, sampler: Sampler | None = None) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.given: list[Headers] = []
        self.trace_ids: list[str | None] = []
        self._answer = saying(*messages)
        observer = Tracing(provider, "plain", lambda path: path == "/health")
        self._app = Observed(self._remember, [observer], route_of=lambda path: "/v1/{x}")

    async def _remember(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = CURRENT.get()
        self.trace_ids.append(request.trace_id if request else None)
        self.given.append(Headers(scope=scope))
        await self._answer(scope, receive, send)

    async def asked(self, *headers: Header, path: str = "/v1/y") -> tuple[ReadableSpan, ...]:
        """The spans of a request."""
        await asked(self._app, scope(path, headers=[(b"x-request-id", b"abc"), *headers]))
        return self._exporter.get_finished_spans()


async def test_a_request_is_a_span() -> None:
    (span,) = await Traced(head(429), body(b"later")).asked()
    assert (span.name, span.kind, span.parent) == ("POST /v1/{x}", SpanKind.SERVER, None)
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/{x}",
        "url.path": "/v1/y",
        "http.response.status_code": 429,
        "dragoman.platform": "plain",
        "dragoman.request_id": "abc",
    }
    assert span.status.status_code is StatusCode.UNSET


async def test_the_first_byte_is_an_event() -> None:
    (span,) = await Traced(head(), body(b"one", more=True), body(b"two")).asked()
    (event,) = span.events
    assert event.name == "first byte"
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time <= event.timestamp <= span.end_time


@pytest.mark.parametrize(
    ("messages", "outcome"), [([head(500), body()], None), ([head(), body(b"x", more=True)], "broken off")]
)
async def test_failures_are_seen(messages: list[Message], outcome: str | None) -> None:
    (span,) = await Traced(*messages).asked()
    assert (span.attributes or {}).get("dragoman.outcome") == outcome
    assert (span.status.status_code is StatusCode.ERROR) == (outcome is None)


async def test_the_clients_trace_goes_on_to_the_engine() -> None:
    traced = Traced(head(), body())
    (span,) = await traced.asked(PARENT, (b"tracestate", b"a=b"))
    assert span.parent is not None
    assert trace.format_span_id(span.parent.span_id) == CLIENT
    ours = trace.format_span_id(span.context.span_id)
    assert traced.given[0].getlist("traceparent") == [f"00-{TRACE_ID}-{ours}-01"]
    assert traced.given[0].getlist("tracestate") == ["a=b"]
    assert traced.trace_ids == [TRACE_ID]


async def test_a_trace_begins_here_where_the_client_has_none() -> None:
    traced = Traced(head(), body())
    (span,) = await traced.asked((b"traceparent", b"nonsense"))
    assert traced.given[0]["traceparent"].split("-")[2] == trace.format_span_id(span.context.span_id)


async def test_what_is_not_sampled_is_handed_on_as_such() -> None:
    traced = Traced(head(), body(), sampler=ALWAYS_OFF)
    assert await traced.asked() == ()
    assert int(traced.given[0]["traceparent"].rpartition("-")[2], 16) & 1 == 0


async def test_what_is_asked_for_all_the_time_has_no_span() -> None:
    traced = Traced(head(), body())
    assert await traced.asked(PARENT, path="/health") == ()
    assert traced.given[0]["traceparent"] == PARENT[1].decode()


@pytest.fixture
def protocol(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    with monkeypatch.context() as patched:
        yield patched


async def test_spans_are_sent(protocol: pytest.MonkeyPatch) -> None:
    protocol.setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
    protocol.setenv("OTEL_SERVICE_NAME", "mine")
    with collector() as collected:
        observer = tracing.tracing(collected.endpoint, "plain", lambda path: False)
        app = Observed(saying(head(), body()), [observer], route_of=lambda path: "/x")
        await asked(app, scope("/x"))
        observer.close()
    ((service, span),) = collected.spans
    assert (service, span.name, attributes(span)["http.response.status_code"]) == ("mine", "POST /x", 200)


def test_an_unknown_protocol_is_a_mistake(protocol: pytest.MonkeyPatch) -> None:
    protocol.setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json")
    with pytest.raises(ConfigurationError, match="OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: choose grpc or http/protobuf"):
        tracing.exporter("http://127.0.0.1:1")


def test_grpc_is_the_default(protocol: pytest.MonkeyPatch) -> None:
    protocol.delenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", raising=False)
    exporter = tracing.exporter("http://127.0.0.1:1")
    assert "grpc" in type(exporter).__module__
    exporter.shutdown()
