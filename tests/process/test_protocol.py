import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.process.address import Address
from dragoman.process.listener import HttpOptions, Listener
from dragoman.serving import answers as errors
from dragoman.serving.entrance.limited import HEAD_TOO_LONG, limited_bodies, limited_heads

pytestmark = pytest.mark.anyio

MOST = 2048


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what came."""
    body = b"" if HEAD_TOO_LONG in scope.get("extensions", {}) else await Request(scope, receive).body()
    told = {
        "path": scope["path"],
        "too_long": HEAD_TOO_LONG in scope.get("extensions", {}),
        "headers": len(scope["headers"]),
        "body": len(body),
    }
    close = {"connection": "close"} if told["too_long"] else {}
    await Response(json.dumps(told) + "\r\n", headers=close)(scope, receive, send)


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    with Address("127.0.0.1", 0).bind() as sock:
        listener = Listener(app, sock, HttpOptions(max_header_size=MOST), grace=60)
        await listener.open()
        yield sock.getsockname()[1]
        serving = listener.close()
        assert serving is not None
        await serving


@pytest.fixture
async def port(anyio_backend: str) -> AsyncIterator[int]:
    async with listening(application) as port:
        yield port


async def answers(port: int, sent: bytes) -> list[dict[str, object]]:
    """What is answered until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    said = await reader.read()
    writer.close()
    return [json.loads(part) for part in said.decode().split("\r\n") if part.startswith("{")]


def head(*headers: bytes, target: bytes = b"/path") -> bytes:
    return b"\r\n".join([b"POST " + target + b" HTTP/1.1", b"host: h", *headers, b"", b""])


async def test_a_head_that_is_short_enough_is_read(port: int) -> None:
    [told] = await answers(port, head(b"a: " + b"b" * 1900, b"content-length: 0", b"connection: close"))
    assert (told["too_long"], told["path"], told["headers"]) == (False, "/path", 4)


@pytest.mark.parametrize(
    "sent",
    [
        head(b"a: " + b"b" * 3000, b"content-length: 0"),
        head(*(b"a%d: b" % number for number in range(400))),
        head(target=b"/path?" + b"a" * 3000),
    ],
    ids=["one header", "many headers", "the target"],
)
async def test_a_longer_one_is_marked_and_not_kept(port: int, sent: bytes) -> None:
    [told] = await answers(port, sent)
    assert told["too_long"]
    assert int(str(told["headers"])) < 300


async def test_one_that_never_ends_is_answered(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /path HTTP/1.1\r\nhost: h\r\na: ")
    answer = asyncio.create_task(reader.readuntil(b"}"))
    while not answer.done():
        writer.write(b"b" * 100)
        await asyncio.wait([answer], timeout=0.001)
    writer.close()
    assert b'"path": "/path", "too_long": true' in await answer


async def test_what_comes_after_it_is_not_read(port: int) -> None:
    too_long = head(b"a: " + b"b" * 3000, b"content-length: 5") + b"hello"
    assert [told["too_long"] for told in await answers(port, too_long + head(b"connection: close"))] == [True]


async def test_one_that_comes_at_once_and_never_ends_is_answered_without_another_byte(port: int) -> None:
    sent = b"POST /path HTTP/1.1\r\nhost: h\r\na: " + b"b" * MOST
    assert [(told["path"], told["too_long"]) for told in await answers(port, sent)] == [("/path", True)]


async def test_what_is_no_request_is_answered_once_however_long_it_is(port: int) -> None:
    answer = await said(port, b"POST /path HTTP/1.1\r\n" + b"a: b\r\n" * MOST + b"no header\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_bodies_and_earlier_requests_do_not_count(port: int) -> None:
    one = head(b"content-length: 5000") + b"x" * 5000
    told = await answers(port, one + one + head(b"connection: close", b"content-length: 0"))
    assert [(each["too_long"], each["body"]) for each in told] == [(False, 5000), (False, 5000), (False, 0)]


async def test_an_upgrade_is_refused_the_same_way(port: int) -> None:
    upgrade = (b"connection: upgrade", b"upgrade: websocket", b"sec-websocket-key: a", b"sec-websocket-version: 13")
    [told] = await answers(port, head(*upgrade, b"a: " + b"b" * 3000).replace(b"POST", b"GET"))
    assert told["too_long"]


def refuse(status: int, message: str, kind: str, headers: Mapping[str, str], scope: Scope) -> Response:
    return errors.error(status, message, kind, dict(headers))


@pytest.fixture
async def hasty(monkeypatch: pytest.MonkeyPatch, anyio_backend: str) -> AsyncIterator[int]:
    """The port of a worker that waits for nobody."""
    monkeypatch.setattr("dragoman.process.protocol.HEAD_PATIENCE", 0.02)
    monkeypatch.setattr("dragoman.serving.entrance.limited.BODY_PATIENCE", 0.02)
    async with listening(limited_heads(limited_bodies(application, MOST, refuse), MOST, refuse)) as port:
        yield port


async def said(port: int, sent: bytes) -> bytes:
    """What is answered until the server closes; the client does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    told = await reader.read()
    writer.close()
    return told


@pytest.mark.parametrize("line", [b"CONNECT a:80", b"GET http://a", b"OPTIONS *"])
async def test_half_a_request_without_a_path_is_answered_too(
    hasty: int, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    half = line + b" HTTP/1.1\r\na: b\r\nc: "
    assert (await said(hasty, half + b"d")).startswith(b"HTTP/1.1 408 ")
    assert (await said(hasty, half + b"d" * MOST)).startswith(b"HTTP/1.1 431 ")
    assert not [record for record in caplog.records if record.exc_info]


BODILESS = head(b"content-length: 0")


@pytest.mark.parametrize(
    "sent",
    [b"G", b"GET /he", b"GET /path HTTP/1.1\r\nhost: h\r\n", head(b"content-length: 5") + b"hell"],
    ids=["a letter", "half a target", "half a head", "half a body"],
)
async def test_half_a_request_is_answered_408(hasty: int, sent: bytes) -> None:
    answer = await said(hasty, sent)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"type":"RequestTimeoutError"' in answer


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
async def test_a_connection_without_a_request_is_closed(hasty: int, sent: bytes) -> None:
    assert await said(hasty, sent) == b""


@pytest.mark.parametrize(("rest", "statuses"), [(b"\r\n", [b"200"]), (b"POST /pa", [b"200", b"408"])])
async def test_the_next_request_may_take_no_longer(hasty: int, rest: bytes, statuses: list[bytes]) -> None:
    answer = await said(hasty, BODILESS + rest)
    assert [part.split()[0] for part in answer.split(b"HTTP/1.1 ")[1:]] == statuses


async def test_a_head_in_pieces_that_goes_on_and_on_is_late_all_the_same(hasty: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty)
    writer.write(b"POST /path HTTP/1.1\r\nhost: h\r\na: ")
    answer = asyncio.create_task(reader.readuntil(b"RequestTimeoutError"))
    while not answer.done():
        writer.write(b"b")
        await asyncio.wait([answer], timeout=0.001)
    writer.close()
    assert (await answer).startswith(b"HTTP/1.1 408 ")


async def test_an_answer_may_take_longer_than_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.process.protocol.HEAD_PATIENCE", 0.02)
    late = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/path":
            asyncio.get_running_loop().call_later(0.1, late.set)
            await late.wait()
        await application(scope, receive, send)

    async with listening(slow) as port:
        told = await answers(port, BODILESS + BODILESS + head(b"content-length: 0", b"connection: close"))
    assert [each["path"] for each in told] == ["/path"] * 3
