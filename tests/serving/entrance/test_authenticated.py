from collections.abc import Mapping
from functools import partial

import orjson
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.platforms.dialect import dialect
from dragoman.serving.entrance.access import CLIENT, Access
from dragoman.serving.entrance.authenticated import MESSAGE, authenticated

pytestmark = pytest.mark.anyio

KEYS = ("key-one", "key-two")
PROBES = {
    "plain": {"/health"},
    "runpod": {"/health", "/ping"},
    "lmi": {"/health", "/ping"},
    "datarobot": {"/", "/ping", "/health", "/info", "/capabilities", "/stats"},
}
ROUTES = [
    *("/", "/ping", "/health", "/info", "/capabilities", "/stats", "/metrics", "/version", "/load", "/docs"),
    *("/v1/models", "/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/responses", "/v1/embeddings"),
    *("/tokenize", "/detokenize", "/rerank", "/score", "/classify", "/pooling", "/invocations", "/predictions/test"),
    *("/models", "/models/test", "/adapters", "/server/metrics", "/server/logging", "/predict/", "/chat/completions"),
    *("/directAccess/v1/models", "/nim/v1/models", "/scale_elastic_ep", "/sleep", "/anything", "/HEALTH"),
]


async def client_seen(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(str(CLIENT.get()))(scope, receive, send)


def guarded(platform: str, access: Access) -> ASGIApp:
    speaks = dialect(platform)
    settings = {"model_name": "test", "model_url": "/opt/ml/model", "target_name": "resultText"}
    refuse = partial(speaks.refused, settings=settings)
    return authenticated(client_seen, access, partial(speaks.probe, settings=settings), refuse)


async def ask(
    app: ASGIApp, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> tuple[int, bytes, dict[bytes, bytes]]:
    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    async with Client(app).stream(method, path, headers=raw) as response:
        return response.status, await response.read(), dict(response.headers)


@pytest.mark.parametrize("platform", PROBES)
@pytest.mark.parametrize("path", ROUTES)
async def test_every_route_but_the_probes_wants_a_key(platform: str, path: str) -> None:
    app = guarded(platform, Access.of(KEYS))
    refused, body, headers = await ask(app, path)
    if path in PROBES[platform]:
        assert refused == 200
        return
    assert (refused, headers[b"www-authenticate"]) == (401, b"Bearer")
    assert b"Authorization: Bearer KEY" in body
    assert (await ask(app, path, {"authorization": "Bearer key-two"}))[:2] == (200, b"1")


@pytest.mark.parametrize(
    ("platform", "path", "body"),
    [
        (
            "plain",
            "/v1/models",
            {"error": {"message": MESSAGE, "type": "UnauthorizedError", "param": None, "code": 401}},
        ),
        ("lmi", "/invocations", {"code": 401, "type": "UnauthorizedException", "message": MESSAGE}),
        ("datarobot", "/predict/", {"message": f"ERROR: {MESSAGE}"}),
    ],
)
async def test_the_refusal_is_in_the_dialects_words(platform: str, path: str, body: object) -> None:
    refused = await ask(guarded(platform, Access.of(KEYS)), path, {"authorization": "Bearer wr0ng"})
    assert orjson.loads(refused[1]) == body


async def test_without_keys_everybody_is_let_in() -> None:
    assert (await ask(guarded("plain", Access()), "/v1/models"))[:2] == (200, b"None")


async def test_who_was_let_in_is_forgotten_afterwards() -> None:
    await ask(guarded("plain", Access.of(KEYS)), "/v1/models", {"authorization": "Bearer key-one"})
    assert CLIENT.get() is None


async def test_browsers_may_ask_ahead() -> None:
    app = guarded("plain", Access.of(KEYS))
    ahead = {"origin": "http://site", "access-control-request-method": "POST"}
    assert (await ask(app, "/v1/chat/completions", ahead, "OPTIONS"))[0] == 200
    assert (await ask(app, "/v1/chat/completions", {}, "OPTIONS"))[0] == 401
    assert (await ask(app, "/metrics", {"access-control-request-method": "GET"}, "OPTIONS"))[0] == 401
    assert (await ask(app, "/v1/chat/completions", ahead, "POST"))[0] == 401


async def test_a_websocket_wants_a_key_too() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/v1/realtime", "headers": []}
    await guarded("plain", Access.of(KEYS))(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
