import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from starlette.types import Message

from dragoman.engine import Engine
from dragoman.engine.client import Client, Header
from dragoman.engine.relay import session
from dragoman.engine.remote import RemoteEngine, RemoteSource, base, login
from tests.upstream import WORDS, Upstream, delta, event, eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine(upstream: Upstream) -> AsyncIterator[Engine]:
    async with RemoteSource(upstream.url).open(lambda phase: None) as engine:
        yield engine


@pytest.fixture
def client(engine: Engine) -> Client:
    return Client(engine.app)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[RemoteEngine]:
    async with session(login(url)) as connections:
        yield RemoteEngine(url, connections)


def chat(model: str) -> bytes:
    return orjson.dumps({"model": model, "stream": True, "messages": []})


async def echo(client: Client, method: str, path: str, **options: object) -> dict[str, object]:
    async with client.stream(method, path, **options) as response:  # type: ignore[arg-type]
        told: dict[str, object] = orjson.loads(await response.read())
        return told


def named(name: str, headers: object) -> list[str]:
    return [value for key, value in headers if key == name]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://host:8000", "http://host:8000"),
        ("http://host:8000/", "http://host:8000"),
        ("http://host:8000/v1", "http://host:8000"),
        ("http://host:8000/v1/", "http://host:8000"),
        ("https://host/models/a/v1", "https://host/models/a"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
        ("http://me:secret@host:8000/v1", "http://host:8000"),
    ],
)
def test_the_base_of_an_address(url: str, address: str) -> None:
    assert base(url) == address


def test_a_login_becomes_a_header() -> None:
    assert login("http://me:secret@host") == {"authorization": "Basic bWU6c2VjcmV0"}
    assert login("http://host") == {}


@pytest.mark.parametrize("suffix", ["", "/", "/v1"])
async def test_requests_go_to_the_same_path_whatever_the_address_ends_in(upstream: Upstream, suffix: str) -> None:
    async with connected(upstream.url + suffix) as engine, Client(engine.app).stream("GET", "/v1/models") as response:
        assert response.status == 200


async def test_an_address_may_have_a_path(upstream: Upstream) -> None:
    address = f"{upstream.url}/prefix/v1"
    async with connected(address) as engine, Client(engine.app).stream("GET", "/v1/models") as response:
        assert response.status == 200
    assert upstream.seen[-1].path == "/prefix/v1/models"


async def test_a_login_in_the_address_is_shown_unless_the_client_brings_one(upstream: Upstream) -> None:
    async with connected(upstream.url.replace("//", "//me:secret@")) as engine:
        client = Client(engine.app)
        without = await echo(client, "GET", "/echo")
        with_one = await echo(client, "GET", "/echo", headers=[(b"authorization", b"Bearer mine")])
    assert named("authorization", without["headers"]) == ["Basic bWU6c2VjcmV0"]
    assert named("authorization", with_one["headers"]) == ["Bearer mine"]


async def test_a_stream_passes_event_by_event(client: Client, upstream: Upstream) -> None:
    async with client.stream("POST", "/v1/chat/completions", body=chat("gated")) as response:
        assert await anext(response.chunks) == delta(WORDS[0])
        upstream.gate.set()
        assert await response.read() == delta(WORDS[1]) + event(b"[DONE]")


async def test_a_target_that_is_no_path_is_refused(client: Client, upstream: Upstream) -> None:
    seen = len(upstream.seen)
    async with client.stream("OPTIONS", "*") as response:
        assert response.status == 400
    assert len(upstream.seen) == seen


async def test_a_client_that_leaves_ends_the_request_to_the_server(client: Client, upstream: Upstream) -> None:
    async with client.stream("POST", "/v1/chat/completions", body=chat("endless")) as response:
        await anext(response.chunks)
        assert upstream.streaming == 1
    await eventually(lambda: upstream.streaming == 0)


async def test_a_client_that_leaves_before_the_answer_ends_the_request_too(engine: Engine, upstream: Upstream) -> None:
    body = asyncio.Queue[Message]()
    body.put_nowait({"type": "http.request", "body": b"{", "more_body": True})
    body.put_nowait({"type": "http.disconnect"})
    sent: list[Message] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "headers": [],
    }

    async def send(message: Message) -> None:
        sent.append(message)

    await engine.app(scope, body.get, send)
    assert sent == []
    assert "/echo" not in [request.path for request in upstream.seen]


async def test_a_server_that_breaks_off_leaves_the_answer_without_an_end(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async with client.stream("POST", "/v1/chat/completions", body=chat("crash")) as response:
        assert await anext(response.chunks) == delta(WORDS[0])
        with pytest.raises(RuntimeError, match="without completing"):
            await anext(response.chunks)
    assert [record.levelno for record in caplog.records if "broke off" in record.message] == [logging.WARNING]


async def test_a_server_that_is_down_is_a_bad_gateway() -> None:
    async with connected("http://me:secret@127.0.0.1:1") as engine:
        status, answer = await Client(engine.app).post("/v1/chat/completions", {})
    error = orjson.loads(answer)["error"]
    assert status == 502
    assert (error["type"], error["code"], error["param"]) == ("bad_gateway", 502, None)
    assert error["message"].startswith("The engine at http://127.0.0.1:1 did not answer")


async def test_an_error_of_the_server_passes_as_it_is(client: Client) -> None:
    status, answer = await client.post("/v1/chat/completions", {}, [(b"authorization", b"Bearer wrong")])
    assert (status, orjson.loads(answer)) == (401, {"error": {"message": "Unauthorized", "code": 401}})


async def test_method_and_body_pass(client: Client) -> None:
    told = await echo(client, "PATCH", "/echo", body=b"some text")
    assert (told["method"], told["body"]) == ("PATCH", "some text")


@pytest.mark.parametrize(
    ("path", "query"),
    [("/echo/a%2Fb", b""), ("/echo/%C3%A9%20x", b"q=a%2Fb+c%20d"), ("/echo", b"a=1&a=2&b"), ("/echo/%zz", b"%zz=;")],
)
async def test_path_and_query_pass_byte_for_byte(client: Client, path: str, query: bytes) -> None:
    told = await echo(client, "GET", path, query=query)
    assert told["target"] == path + ("?" + query.decode() if query else "")


async def test_headers_pass_and_none_is_added(client: Client, upstream: Upstream) -> None:
    headers: list[Header] = [(b"x", b"1"), (b"x", b"2"), (b"accept", b"text/plain")]
    told = await echo(client, "GET", "/echo", headers=headers)
    host = ["host", f"127.0.0.1:{upstream.port}"]
    assert sorted(told["headers"]) == [["accept", "text/plain"], host, ["x", "1"], ["x", "2"]]  # type: ignore[call-overload]


@pytest.mark.parametrize("name", ["connection", "keep-alive", "te", "upgrade", "proxy-authorization", "expect"])
async def test_headers_that_concern_one_connection_do_not_pass(client: Client, name: str) -> None:
    told = await echo(client, "POST", "/echo", headers=[(name.encode(), b"100-continue")], body=b"text")
    assert named(name, told["headers"]) == []


async def test_repeated_headers_of_an_answer_pass(client: Client) -> None:
    async with client.stream("GET", "/cookies") as response:
        assert [value for name, value in response.headers if name == b"set-cookie"] == [b"a=1", b"b=2"]


async def test_the_date_is_left_to_the_server_that_answers(client: Client) -> None:
    async with client.stream("GET", "/cookies") as response:
        assert b"date" not in dict(response.headers)


async def test_cookies_of_one_client_are_not_shown_for_the_next(client: Client) -> None:
    async with client.stream("GET", "/cookies") as response:
        await response.read()
    assert named("cookie", (await echo(client, "GET", "/echo"))["headers"]) == []


async def test_a_redirection_is_the_clients_to_follow(client: Client) -> None:
    async with client.stream("GET", "/moved") as response:
        assert (response.status, dict(response.headers)[b"location"]) == (307, b"/v1/models")


async def test_head_has_the_length_and_no_body(client: Client) -> None:
    async with client.stream("HEAD", "/v1/models") as response:
        assert int(dict(response.headers)[b"content-length"]) > 0
        assert await response.read() == b""


async def test_an_answer_without_content_passes(client: Client) -> None:
    async with client.stream("DELETE", "/nothing") as response:
        assert (response.status, await response.read()) == (204, b"")


async def test_a_websocket_is_refused(engine: Engine) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await engine.app({"type": "websocket"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1003}]


@pytest.mark.parametrize(("status", "well"), [(200, True), (401, True), (404, False), (500, False), (503, False)])
async def test_health_is_what_the_server_says(upstream: Upstream, status: int, well: bool) -> None:
    upstream.status = status
    async with connected(f"{upstream.url}/none" if status == 404 else upstream.url) as engine:
        assert await engine.look() is well
        assert engine.healthy() is well


async def test_a_server_without_a_health_route_is_asked_for_its_models(upstream: Upstream) -> None:
    upstream.status = None
    async with connected(upstream.url) as engine:
        assert await engine.look()


async def test_an_engine_that_is_opened_is_well_at_once(engine: Engine) -> None:
    assert engine.healthy()


async def test_health_falls_and_comes_back(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.engine.remote.PULSE", 0.01)
    async with RemoteSource(upstream.url).open(lambda phase: None) as engine:
        upstream.status = 503
        await eventually(lambda: not engine.healthy())
        upstream.status = 200
        await eventually(engine.healthy)


async def test_opening_waits_for_the_server_and_says_so(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.engine.remote.PULSE", 0.01)
    upstream.status = 503
    phases: list[str] = []

    async def open_and_close() -> bool:
        async with RemoteSource(upstream.url.replace("//", "//me:secret@")).open(phases.append) as engine:
            return engine.healthy()

    opening = asyncio.create_task(open_and_close())
    await eventually(lambda: len(upstream.seen) > 2)
    assert not opening.done()
    upstream.status = 200
    assert await opening
    assert phases == [f"waiting for {upstream.url}"]


async def test_an_error_within_the_context_ends_the_watch(upstream: Upstream) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(LookupError):
        async with RemoteSource(upstream.url).open(lambda phase: None):
            raise LookupError
    await eventually(lambda: not {task for task in asyncio.all_tasks() - before if "watch" in repr(task)})


async def test_a_remote_engine_never_dies(engine: Engine) -> None:
    death = asyncio.ensure_future(engine.death())
    assert await asyncio.wait([death], timeout=0) == (set(), {death})
    death.cancel()
