"""What is to be seen of a real worker: its log, its metrics, its traces."""

import json
import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.deploy.dashboards import metrics
from tests.otlp import Collected, attributes, collector
from tests.real.test_bundled_model import MODEL, user
from tests.real.worker import Worker, eventually

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CLIENT = "b7ad6b7169203331"


@pytest.fixture(scope="module")
def collected() -> Iterator[Collected]:
    with collector() as collected:
        yield collected


@pytest.fixture(scope="module")
def seen(collected: Collected) -> Iterator[Worker]:
    """A worker that tells all."""
    variables = {
        "DRAGOMAN_LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    with Worker("--enable-log-requests", "--otlp-traces-endpoint", collected.endpoint, variables=variables) as worker:
        yield worker.wait_ready()


def chat(worker: Worker, name: str, stream: bool = False, **headers: str) -> None:
    with openai.OpenAI(base_url=f"{worker.url}/v1", api_key="unused", max_retries=0) as client:
        answer = client.chat.completions.with_raw_response.create(
            model=MODEL, messages=[user("Hello")], stream=stream, extra_headers={"x-request-id": name, **headers}
        )
        assert answer.headers["x-request-id"] == name
        list(answer.parse())


def log(worker: Worker) -> list[dict[str, Any]]:
    return [json.loads(line) for line in worker.log().splitlines()]


def test_every_line_is_an_object(seen: Worker) -> None:
    lines = log(seen)
    assert {"dragoman", "engine", "uvicorn"} <= {line["logger"] for line in lines}
    assert {line["level"] for line in lines} <= {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
    assert all(re.fullmatch(r"[-\d]{10}T[:\d]{8}\.\d{3}Z", line["time"]) for line in lines)
    processes = {line.get("process") for line in lines}
    assert {"APIServer", "EngineCore"} <= processes


def test_a_request_is_found_by_its_name_in_the_worker_and_in_vllm(seen: Worker) -> None:
    chat(seen, "find-me", stream=True)

    def lines() -> list[dict[str, Any]]:
        return [line for line in log(seen) if line.get("request_id") == "find-me"]

    eventually(lambda: {line["logger"] for line in lines()} == {"access", "engine"}, "both have told", 10)
    (access,) = (line for line in lines() if line["logger"] == "access")
    assert (access["method"], access["path"], access["status"]) == ("POST", "/v1/chat/completions", 200)
    assert access["seconds"] >= access["first_byte"] > 0
    assert access["bytes"] > 0
    assert any(line["message"].startswith("Received request chatcmpl-find-me") for line in lines())


def test_probes_and_metrics_are_not_logged(seen: Worker) -> None:
    seen.get("/health")
    seen.get("/metrics")
    assert seen.get("/nothing-here")[0] == 404
    eventually(lambda: "/nothing-here" in seen.log(), "a request is logged", 10)
    assert {line["path"] for line in log(seen) if line["logger"] == "access"} & {"/health", "/metrics"} == set()


def test_a_trace_holds_the_workers_span_and_vllms(seen: Worker, collected: Collected) -> None:
    chat(seen, "traced", stream=True, traceparent=f"00-{TRACE_ID}-{CLIENT}-01")

    def of_trace(name: str) -> list[Span]:
        return [span for span in collected.named(name) if span.trace_id.hex() == TRACE_ID]

    eventually(lambda: bool(of_trace("llm_request") and of_trace("POST /v1/chat/completions")), "both have come", 20)
    (ours,) = of_trace("POST /v1/chat/completions")
    (theirs,) = of_trace("llm_request")
    assert ours.parent_span_id.hex() == CLIENT
    assert theirs.parent_span_id == ours.span_id
    assert ours.kind == Span.SPAN_KIND_SERVER
    assert [event.name for event in ours.events] == ["first byte"]
    assert attributes(ours)["dragoman.request_id"] == "traced"
    assert attributes(theirs)["gen_ai.request.id"] == "chatcmpl-traced"
    assert {service for service, _ in collected.spans} == {"dragoman"}


def test_every_metric_of_the_dashboard_is_exposed(seen: Worker) -> None:
    chat(seen, "counted")
    told = set(re.findall(r"^[a-z0-9_:]+", seen.get("/metrics")[1], re.MULTILINE))
    # Nothing has been refused, nothing has waited, and this may be the first start of its kind on this machine.
    unseen = {"dragoman_refused_total", "dragoman_queue_requests", "dragoman_last_boot_phase_seconds"}
    assert metrics() - told - unseen == set()


def test_the_last_spans_are_sent_before_the_end(collected: Collected) -> None:
    variables = {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf", "OTEL_BSP_SCHEDULE_DELAY": "60000"}
    with Worker("--otlp-traces-endpoint", collected.endpoint, variables=variables) as worker:
        worker.wait_ready()
        chat(worker, "last", traceparent=f"00-{'ab' * 16}-{CLIENT}-01")
        assert worker.terminate() == 0
    assert [span.name for _, span in collected.spans if span.trace_id.hex() == "ab" * 16]
