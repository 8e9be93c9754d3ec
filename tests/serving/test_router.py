import asyncio
import logging

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.errors import DragomanError
from dragoman.serving.router import Router
from dragoman.serving.table import Handler, Route, Table

pytestmark = pytest.mark.anyio


class RefusedError(DragomanError):
    status = 422


def raising(error: Exception) -> Handler:
    async def handle(request: Request) -> Response:
        raise error

    return handle


def answering(app: ASGIApp) -> Handler:
    async def handle(request: Request) -> ASGIApp:
        return app

    return handle


async def echo(request: Request) -> ASGIApp:
    return PlainTextResponse(f"{request.method} {request.path_params['model']}")


async def hanging(request: Request) -> ASGIApp:
    return await asyncio.Future()


async def breaking_off(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise RefusedError("the other half")


def in_our_words(error: DragomanError) -> Response:
    return PlainTextResponse(f"{type(error).__name__} {error}", error.status)


def router(handler: Handler) -> Router:
    return Router(Table([Route("GET", "/models/{model}", handler)]), in_our_words)


async def ask(handler: Handler, method: str = "GET", path: str = "/models/m") -> tuple[int, str]:
    async with Client(router(handler)).stream(method, path) as response:
        return response.status, (await response.read()).decode()


def call(handler: Handler, sent: list[Message]) -> asyncio.Task[None]:
    """A request whose answer's messages are collected."""

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/models/m", "headers": []}
    return asyncio.create_task(router(handler)(scope, receive, send))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_rows_handler_answers_head_like_get(method: str) -> None:
    assert await ask(echo, method) == (200, "GET m")


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/nothing", 404, "NoRouteError Nothing is at this path."),
        ("POST", "/models/m", 405, "WrongMethodError This path has other methods."),
    ],
)
async def test_requests_without_a_row_are_refused(method: str, path: str, status: int, told: str) -> None:
    assert await ask(echo, method, path) == (status, told)


async def test_a_refusal_is_told_in_the_platforms_words() -> None:
    assert await ask(raising(RefusedError("no"))) == (422, "RefusedError no")


async def test_what_nobody_expected_is_for_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "dragoman"):
        told = await ask(raising(LookupError("a secret")))
    assert told == (500, "UnexpectedError LookupError: the worker's log tells more.")
    assert "GET /models/m failed" in caplog.text
    assert "a secret" in caplog.text


async def test_an_answer_that_has_begun_is_broken_off() -> None:
    async with Client(router(answering(breaking_off))).stream("GET", "/models/m") as response:
        chunks = response.chunks
        assert await anext(chunks) == b"half"
        with pytest.raises(RefusedError):
            await anext(chunks)


async def test_a_client_that_has_left_gets_nothing() -> None:
    sent: list[Message] = []
    await call(raising(ClientDisconnect()), sent)
    assert sent == []


async def test_what_the_server_ends_is_to_be_tried_again() -> None:
    sent: list[Message] = []
    answer = call(hanging, sent)
    await asyncio.sleep(0)
    answer.cancel()
    await answer
    assert [sent[0]["status"], sent[1]["body"]] == [503, b"StoppedError The worker has stopped. Try again."]
