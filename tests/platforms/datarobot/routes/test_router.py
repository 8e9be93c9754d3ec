import asyncio
import logging

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.routes.router import Router
from dragoman.platforms.datarobot.routes.table import Route, Table
from tests.platforms.datarobot.asking import ask

pytestmark = pytest.mark.anyio

HTML = "text/html; charset=utf-8"


async def told(request: Request) -> ASGIApp:
    return JSONResponse({"method": request.method})


async def refused(request: Request) -> ASGIApp:
    raise DrumError("no samples", 422)


async def failed(request: Request) -> ASGIApp:
    raise ZeroDivisionError("a secret")


async def left(request: Request) -> ASGIApp:
    raise ClientDisconnect


async def hanging(request: Request) -> ASGIApp:
    return await asyncio.Future()


async def broken(request: Request) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    return app


ROUTER = Router(
    Table(
        [
            Route("GET", "/told", told),
            Route("POST", "/refused", refused),
            Route("GET", "/failed", failed),
            Route("GET", "/broken", broken),
            Route("GET", "/left", left),
            Route("GET", "/hanging", hanging),
        ]
    )
)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_rows_handler_answers(method: str) -> None:
    assert (await ask(ROUTER, method, "/told/")).told == (200, {"method": "GET"})


async def test_what_a_handler_refuses_is_told_in_drums_words() -> None:
    assert (await ask(ROUTER, "POST", "/refused")).told == (422, {"message": "ERROR: no samples"})


async def test_what_nobody_expected_is_for_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "dragoman"):
        answer = await ask(ROUTER, "GET", "/failed")
    assert answer.told == (500, {"message": "ERROR: ZeroDivisionError: the worker's log tells more."})
    assert "a secret" in caplog.text


async def test_what_goes_wrong_within_an_answer_breaks_it_off() -> None:
    with pytest.raises(ZeroDivisionError):
        await ask(ROUTER, "GET", "/broken")


async def test_what_the_server_ends_is_to_be_tried_again() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/hanging", "headers": []}
    answering = asyncio.create_task(ROUTER(scope, receive, send))
    await asyncio.sleep(0)
    answering.cancel()
    await answering
    assert (sent[0]["status"], sent[1]["body"]) == (
        503,
        b'{"message":"ERROR: Connection error. The worker has stopped. Try again."}',
    )


async def test_a_client_that_has_left_gets_nothing() -> None:
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        raise NotImplementedError

    async def send(message: object) -> None:
        sent.append(message)

    await ROUTER({"type": "http", "method": "GET", "path": "/left", "headers": []}, receive, send)
    assert not sent


async def test_a_path_without_a_row_has_flasks_page() -> None:
    answer = await ask(ROUTER, "GET", "/nothing")
    assert (answer.status, answer.headers["content-type"]) == (404, HTML)
    assert answer.body.startswith(
        b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>"
    )


async def test_a_wrong_method_has_flasks_page_and_the_right_ones() -> None:
    answer = await ask(ROUTER, "DELETE", "/told")
    assert (answer.status, answer.headers["content-type"]) == (405, HTML)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert b"<p>The method is not allowed for the requested URL.</p>" in answer.body


async def test_options_are_the_methods() -> None:
    answer = await ask(ROUTER, "OPTIONS", "/refused")
    assert (answer.status, answer.headers["allow"], answer.body) == (200, "OPTIONS, POST", b"")
