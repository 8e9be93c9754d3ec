from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from starlette.types import Message

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.routes.refusals import BrokenStreamError
from dragoman.platforms.datarobot.routes.streams import HEAD, pour

pytestmark = pytest.mark.anyio


async def poured(first: bytes | None, error: Exception | None = None) -> tuple[list[Message], bytes]:
    sent: list[Message] = []

    async def more() -> AsyncIterator[bytes]:
        yield b"2"
        if error:
            raise error

    async def send(message: Message) -> None:
        sent.append(message)

    last = await pour(first, more(), send)
    return sent, last


def piece(said: bytes) -> Message:
    return {"type": "http.response.body", "body": b"data: " + said + b"\n\n", "more_body": True}


async def test_what_is_said_is_sent_but_for_the_end() -> None:
    assert await poured(b"1") == ([HEAD, piece(b"1"), piece(b"2")], b"data: [DONE]\n\n")


async def test_an_empty_stream_has_a_head_and_an_end() -> None:
    assert await poured(None) == ([HEAD], b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BrokenStreamError(DrumError("Error code: 500 - gone"), b'{"error": "gone"}'), "gone"),
        (DrumError("no", 429), {"message": "ERROR: no", "type": "InternalServerError", "param": None, "code": 429}),
    ],
)
async def test_an_error_is_the_end(error: Exception, told: Any) -> None:  # noqa: ANN401
    sent, last = await poured(b"1", error)
    assert sent[1:] == [piece(b"1"), piece(b"2")]
    assert orjson.loads(last.removeprefix(b"data: ")) == {"error": told}


async def test_what_nobody_expected_is_for_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    _, last = await poured(b"1", ZeroDivisionError("a secret"))
    assert b"ZeroDivisionError: the worker's log tells more." in last
    assert b"secret" not in last
    assert "a secret" in caplog.text
