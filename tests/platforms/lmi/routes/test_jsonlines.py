import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.platforms.lmi.routes.jsonlines import Lines
from tests.platforms.lmi.asking import Answer, ask

pytestmark = pytest.mark.anyio

STREAM = b': comment\n\ndata: {"a": 1}\n\nevent: x\ndata: {"b":\ndata: 2}\n\ndata: {"error": {}}\n\ndata: [DONE]\n\n'


def sending(content_type: str, chunks: list[bytes]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        lines = Lines(send)
        headers = [(b"content-type", content_type.encode()), (b"x-request-id", b"1")]
        await lines({"type": "http.response.start", "status": 200, "headers": headers})
        for chunk in chunks:
            await lines({"type": "http.response.body", "body": chunk, "more_body": True})
        await lines({"type": "http.response.body"})

    return app


async def answer(content_type: str, chunks: list[bytes]) -> Answer:
    return await ask(sending(content_type, chunks), "GET", "/")


@pytest.mark.parametrize("size", [1, 7, len(STREAM)])
async def test_each_event_is_a_line(size: int) -> None:
    told = await answer("text/event-stream; charset=utf-8", [STREAM[i : i + size] for i in range(0, len(STREAM), size)])
    assert (told.headers["content-type"], told.headers["x-request-id"]) == ("application/jsonlines", "1")
    assert told.body == b'{"a": 1}\n{"b": 2}\n{"error": {}}\n'


async def test_what_is_no_stream_stays_as_it_is() -> None:
    told = await answer("application/json", [b'{"a"', b": 1}"])
    assert (told.headers["content-type"], told.body) == ("application/json", b'{"a": 1}')
