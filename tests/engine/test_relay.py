from collections.abc import AsyncIterator, Iterator, Sequence

import aiohttp
import orjson
import pytest
from starlette.types import Message, Receive, Scope, Send

from dragoman.engine.client import Client, Header
from dragoman.engine.relay import RelayError, relay, relaying, session, written
from tests.cluster.replicas import Replica
from tests.upstream import Upstream, eventually

pytestmark = pytest.mark.anyio

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
async def http(anyio_backend: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with session() as http:
        yield http


@pytest.fixture
async def replica(anyio_backend: str) -> AsyncIterator[Replica]:
    async with Replica("a") as replica:
        yield replica


def asked(path: str = "/echo", headers: Sequence[Header] = (), method: str = "GET") -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"api.example.com"), *headers],
    }


class Taken:
    """An answer as it is sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status

    def headers(self, name: str) -> list[str]:
        """What the server was sent as headers of that name, as /echo tells it."""
        told = orjson.loads(b"".join(message.get("body", b"") for message in self.messages))["headers"]
        return [value for key, value in told if key == name]


def chat(model: str) -> bytes:
    return orjson.dumps({"model": model, "messages": []})


CHAT = asked("/v1/chat/completions", method="POST")


async def test_a_server_is_told_its_own_name_unless_it_stands_for_the_one_that_was_asked(
    http: aiohttp.ClientSession, upstream: Upstream
) -> None:
    itself, other = Taken(), Taken()
    await relay(http, upstream.url, asked(), b"", itself)
    await relay(http, upstream.url, asked(), b"", other, as_host=True)
    assert itself.headers("host") == [f"127.0.0.1:{upstream.port}"]
    assert other.headers("host") == ["api.example.com"]


async def test_headers_that_are_said_to_concern_one_connection_do_not_pass(
    http: aiohttp.ClientSession, upstream: Upstream
) -> None:
    taken = Taken()
    headers = [
        (b"connection", b"close, X-Secret"),
        (b"connection", b"x-other"),
        (b"x-secret", b"1"),
        (b"x-other", b"2"),
    ]
    await relay(http, upstream.url, asked(headers=[*headers, (b"x", b"3")]), b"", taken)
    assert [taken.headers(name) for name in ("x-secret", "x-other", "x")] == [[], [], ["3"]]


@pytest.mark.parametrize("value", ["plain", "schlüssel", "钥匙"])
async def test_the_bytes_of_a_header_pass(http: aiohttp.ClientSession, upstream: Upstream, value: str) -> None:
    taken = Taken()
    await relay(http, upstream.url, asked(headers=[(b"x", value.encode())]), b"", taken)
    assert taken.headers("x") == [value]


def test_a_header_that_is_no_utf_8_becomes_it() -> None:
    assert written(b"caf\xe9") == "café"


async def test_a_server_that_cannot_be_reached_has_seen_nothing(http: aiohttp.ClientSession) -> None:
    taken = Taken()
    with pytest.raises(RelayError, match="ClientConnectorError") as raised:
        await relay(http, NOWHERE, asked(), b"", taken)
    assert (raised.value.sent, taken.messages) == (False, [])


async def test_a_server_that_ends_before_it_answers_may_have_seen_it(
    http: aiohttp.ClientSession, replica: Replica
) -> None:
    taken = Taken()
    with pytest.raises(RelayError) as raised:
        await relay(http, replica.url, CHAT, chat("broken"), taken)
    assert (raised.value.sent, taken.messages, replica.chats) == (True, [], 1)


@pytest.mark.parametrize(
    ("headers", "picky", "passes"),
    [({"Retry-After": "1"}, False, True), ({"Retry-After": "1"}, True, False), ({}, True, True)],
    ids=["for who takes any answer", "one that says when to come again", "one of what had begun"],
)
async def test_an_answer_of_503(
    http: aiohttp.ClientSession, replica: Replica, headers: dict[str, str], picky: bool, passes: bool
) -> None:
    replica.away = headers
    taken = Taken()
    if passes:
        await relay(http, replica.url, CHAT, chat("m"), taken, picky=picky)
        assert taken.status == 503
    else:
        with pytest.raises(RelayError, match="status 503") as raised:
            await relay(http, replica.url, CHAT, chat("m"), taken, picky=picky)
        assert (raised.value.sent, taken.messages) == (False, [])


async def test_a_request_is_answered_when_it_is_whole() -> None:
    bodies: list[bytes] = []

    async def answer(scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        bodies.append(body)
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"done"})

    parts: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}]
    )
    taken = Taken()

    async def receive() -> Message:
        message = next(parts, None)
        if message is None:
            await eventually(lambda: len(taken.messages) == 2)
            return {"type": "http.disconnect"}
        return message

    await relaying(answer)(asked(), receive, taken)
    assert (bodies, taken.status) == ([b"ab"], 200)


async def test_a_client_that_leaves_cancels_the_answer(http: aiohttp.ClientSession, replica: Replica) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        await relay(http, replica.url, scope, body, send)

    async with Client(relaying(answer)).stream(
        "POST", "/v1/chat/completions", body=orjson.dumps({"model": "endless", "stream": True, "messages": []})
    ) as response:
        await anext(response.chunks)
        assert replica.streaming == 1
    await eventually(lambda: replica.streaming == 0)
