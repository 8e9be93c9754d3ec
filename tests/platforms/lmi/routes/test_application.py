import asyncio
from typing import Any
from uuid import UUID

import orjson
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope

from dragoman.serving.lifecycle import Lifecycle, Status
from tests.platforms.lmi.asking import ask
from tests.platforms.lmi.engines import METRICS, Trouble, VllmLike
from tests.platforms.lmi.workers import worker, worker_in

pytestmark = pytest.mark.anyio

TEXT = {"inputs": "hi"}
HEALTHY = {"test": {"status": "Healthy"}}

# Each route by each of its methods, and what it answers to a request that says nothing else.
ROUTES = [
    ("GET", "/ping", 200),
    ("HEAD", "/ping", 200),
    ("GET", "/ping/", 200),
    ("POST", "/ping", 405),
    ("GET", "/health", 200),
    ("GET", "/metrics", 200),
    ("GET", "/version", 200),
    ("GET", "/v1/models", 200),
    ("HEAD", "/v1/models", 200),
    ("POST", "/v1/embeddings", 200),
    ("POST", "/invocations", 200),
    ("POST", "/predictions/test", 200),
    ("POST", "/models/test/invoke", 200),
    ("POST", "/v1/chat/completions", 200),
    ("POST", "/v1/completions", 200),
    ("OPTIONS", "/", 200),
    ("OPTIONS", "/invocations", 200),
    ("OPTIONS", "/predictions/test", 200),
    ("OPTIONS", "/predictions/test/1", 200),
    ("OPTIONS", "/models/test/invoke", 200),
    ("OPTIONS", "/v1/completions", 200),
    ("GET", "/models", 200),
    ("HEAD", "/models", 200),
    ("POST", "/models", 400),
    ("GET", "/models/test", 200),
    ("PUT", "/models/test", 200),
    ("GET", "/models/test/1", 404),
    ("GET", "/workflows", 200),
    ("GET", "/workflows/test", 200),
    ("GET", "/adapters", 400),
    ("POST", "/adapters", 400),
    ("GET", "/models/test/adapters", 400),
    ("DELETE", "/models/test/adapters/a", 400),
    ("POST", "/adapters/a/update", 400),
    ("GET", "/server/metrics", 200),
    ("POST", "/server/metrics", 200),
    ("POST", "/server/logging", 200),
    # What there is not.
    ("GET", "/", 405),
    ("GET", "/invocations", 405),
    ("GET", "/predictions/test", 405),
    ("GET", "/models/test/invoke", 405),
    ("GET", "/v1/completions", 405),
    ("POST", "/models/test", 405),
    ("DELETE", "/models", 405),
    ("POST", "/workflows/test", 405),
    ("PUT", "/adapters/a", 405),
    ("GET", "/server/logging", 405),
    ("DELETE", "/server/metrics", 405),
    ("POST", "/version", 405),
    ("GET", "/nothing", 404),
    ("POST", "/predictions", 404),
    ("GET", "/server", 404),
    ("GET", "/scale_elastic_ep", 404),
    ("POST", "/v1/load_lora_adapter", 404),
    ("POST", "/v1/load_lora_adapter/", 404),
    ("POST", "/v1/unload_lora_adapter", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
async def test_routes(engine: VllmLike, method: str, path: str, status: int) -> None:
    asked = {"prompt": "hi"} if path.startswith("/v1") else TEXT
    answer = await ask(worker(engine), method, path, asked if method == "POST" else None)
    assert answer.status == status
    if status >= 400:
        assert (answer.content["code"], list(answer.content)) == (status, ["code", "type", "message"])


@pytest.mark.parametrize("path", ["/ping", "/models", "/v1/models", "/nothing", "/invocations"])
async def test_every_answer_has_an_id_and_is_kept_by_nobody(engine: VllmLike, path: str) -> None:
    answer = await ask(worker(engine), "GET", path)
    assert UUID(answer.headers["x-request-id"])
    assert answer.headers["pragma"] == "no-cache"


async def test_ping_tells_that_the_model_is_well(engine: VllmLike) -> None:
    assert (await ask(worker(engine), "GET", "/ping")).told == (200, HEALTHY)


async def test_ping_and_requests_follow_what_is_registered(engine: VllmLike) -> None:
    app = worker(engine)
    await ask(app, "DELETE", "/models/test")
    assert (await ask(app, "GET", "/ping")).told == (200, {})
    unnamed = await ask(app, "POST", "/invocations", TEXT)
    assert unnamed.told == (
        400,
        {"code": 400, "type": "BadRequestException", "message": "Parameter model_name is required."},
    )
    assert (await ask(app, "POST", "/invocations?model_name=test", TEXT)).status == 404
    await ask(app, "POST", "/models?url=/opt/ml/model")
    assert (await ask(app, "GET", "/ping")).told == (200, HEALTHY)
    assert (await ask(app, "POST", "/invocations", TEXT)).status == 200


async def test_metrics_are_the_engines_and_the_workers(engine: VllmLike) -> None:
    for path in ("/metrics", "/server/metrics"):
        text = (await ask(worker(engine), "GET", path)).body.decode()
        assert text.startswith(METRICS)
        assert 'dragoman_info{platform="lmi"' in text


async def test_an_engine_that_is_unwell_is_not_asked(engine: VllmLike) -> None:
    engine.well = False
    app = worker(engine)
    assert (await ask(app, "GET", "/ping")).told == (503, {"test": {"status": "Unhealthy"}})
    refused = await ask(app, "POST", "/invocations", TEXT)
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert refused.content["type"] == "ServiceUnavailableException"
    assert (await ask(app, "POST", "/v1/completions", TEXT)).content["error"]["code"] == 503
    assert engine.seen == []


@pytest.mark.parametrize("status", [Status.DRAINING, Status.RESTARTING])
async def test_nothing_is_let_in_when_the_worker_ends(engine: VllmLike, status: Status) -> None:
    lifecycle = Lifecycle(0)
    app = worker_in(lifecycle, engine)
    lifecycle.enter(status)
    for path in ("/invocations", "/predictions/test", "/models", "/server/logging", "/v1/completions"):
        answer = await ask(app, "POST", path, TEXT)
        assert (answer.status, answer.headers["connection"]) == (503, "close")
    assert engine.seen == []


async def websocket(app: ASGIApp) -> list[Message]:
    sent: list[Message] = []
    scope: Scope = {"type": "websocket", "path": "/v1/realtime", "headers": []}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_a_websocket_is_refused_when_the_engine_is_unwell(engine: VllmLike) -> None:
    engine.well = False
    assert await websocket(worker(engine)) == [{"type": "websocket.close", "code": 1013}]


async def test_a_websocket_is_the_engines() -> None:
    class Engine(VllmLike):
        async def app(self, scope: Scope, receive: Any, send: Any) -> None:  # noqa: ANN401
            await send({"type": "websocket.accept"})

    assert await websocket(worker(Engine())) == [{"type": "websocket.accept"}]


async def test_a_client_that_takes_nothing_of_its_answer_is_left(engine: VllmLike) -> None:
    app = worker(engine, max_num_seqs=1, job_queue_size=0, chunked_read_timeout=0.01)
    engine.trouble = Trouble(waits=asyncio.Event(), after=2)
    for path in ("/invocations", "/v1/completions"):
        engine.aborted.clear()
        await asyncio.wait_for(app(request(path), saying({**TEXT, "stream": True}), deaf), 10)
        assert engine.aborted.is_set()
    engine.trouble = Trouble()
    assert (await ask(app, "POST", "/invocations", TEXT)).status == 200


@pytest.mark.parametrize("path", ["/invocations", "/v1/completions", "/v1/embeddings"])
async def test_a_body_that_does_not_come_takes_no_place(engine: VllmLike, path: str) -> None:
    app = worker(engine, max_num_seqs=1, job_queue_size=0, predict_timeout=0.2)
    late: list[Message] = []

    async def send(message: Message) -> None:
        late.append(message)

    waiting = asyncio.ensure_future(app(request(path), saying_nothing, send))
    await asyncio.sleep(0)
    assert (await ask(app, "POST", "/invocations", TEXT)).status == 200
    await asyncio.wait_for(waiting, 10)
    assert late[0]["status"] == 408
    assert (b"connection", b"close") in late[0]["headers"]


def request(path: str) -> Scope:
    headers = [(b"content-type", b"application/json")]
    return {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}


async def saying_nothing() -> Message:
    return await asyncio.Future()


def saying(content: object) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": orjson.dumps(content)}]

    async def receive() -> Message:
        return messages.pop() if messages else await asyncio.Future()

    return receive


async def deaf(message: Message) -> None:
    await asyncio.Future()
