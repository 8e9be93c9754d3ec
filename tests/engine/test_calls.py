import re
from collections.abc import Iterable, Sequence

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine.calls import Calls, Event
from dragoman.engine.client import Client, Header
from dragoman.errors import DragomanError

pytestmark = pytest.mark.anyio

DONE = b"data: [DONE]\n\n"
GONE = b'{"error": {"message": "gone", "code": 503}}'


class OurError(DragomanError):
    """The error of a platform that is made up."""


class OurCalls(Calls):
    def _refusal(self, status: int, body: bytes, headers: Iterable[Header] = ()) -> OurError:
        return OurError(f"{status} {body.decode()}")

    def _too_late(self) -> OurError:
        return OurError("too late")


def calls(app: ASGIApp, patience: float = 60) -> OurCalls:
    return OurCalls(Client(app), patience, frozenset({b"x-request-id"}))


def answering(*chunks: bytes, status: int = 200) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = (await receive())["body"]
    said = f"{scope['method']} {scope['path']} {dict(scope['headers'])} {body.decode()}"
    await answering(said.encode())(scope, receive, send)


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("a secret")


async def events(*chunks: bytes) -> Sequence[Event]:
    asking = calls(answering(*chunks))
    async with asking.response("POST", "/", b"{}", ()) as response:
        return [event async for event in asking.events(response)]


async def test_the_engine_gets_the_request_and_some_of_the_clients_headers() -> None:
    headers = [(b"x-request-id", b"r"), (b"content-type", b"text/csv"), (b"cookie", b"c")]
    sent = {b"host": b"engine", b"content-type": b"application/json", b"x-request-id": b"r"}
    assert (await calls(echo).whole("PUT", "/v1", b"{}", headers)).decode() == f"PUT /v1 {sent} {{}}"


async def test_what_the_engine_refuses_is_an_error() -> None:
    with pytest.raises(OurError, match=r"^429 busy$"):
        await calls(answering(b"busy", status=429)).whole("POST", "/", b"", ())


async def test_an_engine_that_raises_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(OurError, match=r"^500 its answer broke off$"):
        await calls(failing).whole("POST", "/", b"", ())
    assert "a secret" in caplog.text


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(OurError, match=r"^too late$"):
        await calls(silent, patience=0.01).whole("POST", "/", b"", ())


async def test_an_answer_that_nobody_understands_is_a_failure() -> None:
    with pytest.raises(OurError, match=r"^500 its answer broke off$"), calls(echo).failures_told():
        raise KeyError("choices")


@pytest.mark.parametrize("error", [OurError("no"), TimeoutError()])
async def test_what_is_told_already_is_told_once(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, calls(echo).failures_told():
        raise error
    assert raised.value is error


async def test_the_events_of_a_stream_come_with_what_they_say_and_without_the_end() -> None:
    found = await events(b"data: 1\n\ndata: {}", b"\n\n", DONE, b'data: {"id": 1, "error": null}\n\n')
    assert found[0] == (b"data: 1\n\n", b"1")
    assert [said for _, said in found] == [b"1", b"{}", b'{"id": 1, "error": null}']


@pytest.mark.parametrize(
    ("chunks", "problem"),
    [
        ((b"data: 1\n\n",), "^500 its answer broke off$"),
        ((b"data: 1\n\n", b"data: " + GONE + b"\n\n", DONE), "^503 " + re.escape(GONE.decode())),
    ],
)
async def test_a_stream_that_breaks_off_is_an_error(chunks: Sequence[bytes], problem: str) -> None:
    with pytest.raises(OurError, match=problem):
        await events(*chunks)
