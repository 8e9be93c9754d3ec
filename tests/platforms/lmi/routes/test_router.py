import asyncio
import logging

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.platforms.lmi.errors import HandlerError, ServerError, bad_request
from dragoman.platforms.lmi.routes.router import Router
from dragoman.platforms.lmi.routes.table import Handler, Route, Table
from tests.platforms.lmi.asking import ask, options

pytestmark = pytest.mark.anyio


def raising(error: Exception) -> Handler:
    async def handle(request: Request) -> Response:
        raise error

    return handle


def answering(app: ASGIApp) -> Handler:
    async def handle(request: Request) -> ASGIApp:
        return app

    return handle


def router(handler: Handler) -> Router:
    return Router(Table([Route("GET", "/models/{model}", handler)]), options())


async def breaking_off(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise LookupError("the other half")


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("a secret")


async def test_the_rows_handler_answers() -> None:
    async def handle(request: Request) -> Response:
        return PlainTextResponse(f"{request.method} {request.path_params['model']}")

    answer = await ask(router(handle), "GET", "/models/m")
    assert (answer.status, answer.body) == (200, b"GET m")


async def test_head_is_answered_like_get() -> None:
    async def handle(request: Request) -> Response:
        return PlainTextResponse(request.method)

    assert (await ask(router(handle), "HEAD", "/models/m")).body == b"GET"


@pytest.mark.parametrize(
    ("handler", "status", "content"),
    [
        (raising(HandlerError("no")), 424, {"error": "no", "code": 424}),
        (raising(bad_request("no")), 400, {"code": 400, "type": "BadRequestException", "message": "no"}),
        (
            answering(failing),
            500,
            {"code": 500, "type": "InternalServerException", "message": "LookupError: the worker's log tells more."},
        ),
    ],
)
async def test_errors_are_told_in_lmis_words(handler: Handler, status: int, content: dict[str, object]) -> None:
    assert (await ask(router(handler), "GET", "/models/m")).told == (status, content)


async def test_what_nobody_expected_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "dragoman")
    await ask(router(answering(failing)), "GET", "/models/m")
    assert "GET /models/m failed" in caplog.text
    assert "a secret" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nothing", 404, "ResourceNotFoundException"),
        ("POST", "/models/m", 405, "MethodNotAllowedException"),
    ],
)
async def test_requests_without_a_row_are_refused(method: str, path: str, status: int, kind: str) -> None:
    answer = await ask(router(answering(failing)), method, path)
    assert (answer.status, answer.content["type"]) == (status, kind)


async def test_an_answer_that_has_begun_is_broken_off() -> None:
    async with Client(router(answering(breaking_off))).stream("GET", "/models/m") as response:
        chunks = response.chunks
        assert await anext(chunks) == b"half"
        with pytest.raises(LookupError):
            await anext(chunks)


async def test_a_client_that_left_gets_no_answer() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return await asyncio.Future()

    scope = {"type": "http", "method": "GET", "path": "/models/m"}
    await router(raising(ClientDisconnect()))(scope, receive, send)
    assert sent == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(bad_request("no"), 422), (bad_request("no", 404), 404), (ServerError("no", 400, "TranslateException"), 400)],
)
async def test_the_operator_chooses_the_status_of_bad_requests(error: ServerError, status: int) -> None:
    app = Router(Table([Route("GET", "/", raising(error))]), options(bad_request_http_code=422))
    answer = await ask(app, "GET", "/")
    assert (answer.status, answer.content["code"], answer.content["type"]) == (status, status, error.kind)
