import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine.client import Client, IncompleteAnswerError, unexpected

pytestmark = pytest.mark.anyio


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    body = await request.body()
    told = {"method": request.method, "url": str(request.url), "body": body.decode(), "x": request.headers.get("x")}
    await JSONResponse(told, 201, {"answer": "yes"})(scope, receive, send)


async def endless_words() -> AsyncIterator[bytes]:
    while True:
        yield b"word "
        await asyncio.sleep(0)


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    await StreamingResponse(endless_words())(scope, receive, send)


async def raises_first(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("before the answer")


async def raises_within(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise LookupError("within the answer")


async def says_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    pass


async def stops_within(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


async def is_cancelled(scope: Scope, receive: Receive, send: Send) -> None:
    raise asyncio.CancelledError


async def test_the_application_sees_the_request_as_a_server_would_show_it() -> None:
    async with Client(echo).stream("PUT", "/a", query=b"b=1", headers=[(b"x", b"y")], body=b"text") as response:
        told = orjson.loads(await response.read())
    assert told == {"method": "PUT", "url": "http://engine/a?b=1", "body": "text", "x": "y"}


async def test_status_and_headers_come_before_the_body() -> None:
    async with Client(echo).stream("GET", "/") as response:
        assert response.status == 201
        assert (b"answer", b"yes") in response.headers


async def test_post_sends_json_and_returns_the_whole_answer() -> None:
    status, answer = await Client(echo).post("/a", {"b": [1]})
    assert (status, orjson.loads(answer)["body"]) == (201, '{"b":[1]}')


async def test_chunks_come_one_for_one_and_while_the_application_still_answers() -> None:
    heard = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await heard.wait()
        await send({"type": "http.response.body", "body": b"two", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    chunks = []
    async with Client(app).stream("GET", "/") as response:
        async for chunk in response.chunks:
            chunks.append(chunk)
            heard.set()
    assert chunks == [b"one", b"two"]


async def test_leaving_the_context_is_a_client_that_hangs_up() -> None:
    messages = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        messages.append(await receive())
        await send({"type": "http.response.start", "status": 200})
        messages.append(await receive())

    async with Client(app).stream("GET", "/"):
        pass
    assert [message["type"] for message in messages] == ["http.request", "http.disconnect"]


async def test_an_application_that_streams_for_ever_ends_when_the_client_leaves() -> None:
    before = asyncio.all_tasks()
    async with Client(endless).stream("GET", "/") as response:
        assert await anext(response.chunks) == b"word "
    assert asyncio.all_tasks() == before


async def test_an_application_that_ignores_the_hang_up_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.engine.client.PARTING", 0)
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        try:
            await asyncio.Future()
        finally:
            ended.set()

    async with Client(app).stream("GET", "/"):
        pass
    assert ended.is_set()


async def test_a_caller_that_is_cancelled_twice_still_ends_the_application() -> None:
    answering, left, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        answering.set()
        await receive()
        left.set()
        try:
            await asyncio.Future()
        finally:
            ended.set()

    call = asyncio.create_task(Client(app).post("/", None))
    await answering.wait()
    call.cancel()
    await left.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await ended.wait()


async def test_an_error_before_the_answer_is_raised() -> None:
    with pytest.raises(LookupError, match="before the answer"):
        await Client(raises_first).post("/", None)


async def test_an_error_within_the_answer_is_raised_where_it_is_read() -> None:
    async with Client(raises_within).stream("GET", "/") as response:
        assert await anext(response.chunks) == b"half"
        with pytest.raises(LookupError, match="within the answer"):
            await anext(response.chunks)


@pytest.mark.parametrize("app", [says_nothing, stops_within, is_cancelled])
async def test_an_application_that_returns_without_a_whole_answer_is_an_error(app: object) -> None:
    with pytest.raises(RuntimeError, match="without completing its response"):
        await Client(app).post("/", None)  # type: ignore[arg-type]


def test_only_an_engine_that_has_gone_away_needs_no_traceback() -> None:
    error = LookupError()
    assert unexpected(error) is error
    assert unexpected(IncompleteAnswerError()) is None


async def poured(app: ASGIApp) -> list[bytes]:
    chunks: list[bytes] = []
    async with Client(app).stream("GET", "/") as response:
        await response.pour(chunks.append)
    return chunks


@pytest.mark.parametrize("pause", [False, True])
async def test_a_body_can_be_poured_chunk_by_chunk(pause: bool) -> None:
    async def words(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        for word in (b"one", b"", b"two"):
            if pause:
                await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": word, "more_body": True})
        await send({"type": "http.response.body", "body": b"last"})

    assert await poured(words) == [b"one", b"two", b"last"]


async def test_a_body_in_one_piece_can_be_poured_too() -> None:
    assert await poured(JSONResponse({"a": 1})) == [b'{"a":1}']


async def test_what_the_application_raises_comes_after_what_it_said() -> None:
    chunks: list[bytes] = []
    async with Client(raises_within).stream("GET", "/") as response:
        with pytest.raises(LookupError, match="within the answer"):
            await response.pour(chunks.append)
    assert chunks == [b"half"]


async def test_what_the_pourer_raises_ends_the_answer() -> None:
    def refuse(chunk: bytes) -> None:
        raise ValueError("no more")

    async with Client(endless).stream("GET", "/") as response:
        with pytest.raises(BaseException, match=r"no more|unhandled"):
            await response.pour(refuse)
