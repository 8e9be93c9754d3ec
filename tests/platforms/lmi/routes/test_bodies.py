import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.routes.bodies import read

pytestmark = pytest.mark.anyio


def request(*chunks: bytes | None) -> Request:
    messages = iter(chunks)

    async def receive() -> Message:
        chunk = next(messages)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    return Request({"type": "http", "headers": []}, receive)


async def test_a_body_is_read_to_its_end() -> None:
    assert await read(request(b"abc", b"de", b""), 60) == b"abcde"


async def test_a_client_that_leaves_is_no_error_of_its_own() -> None:
    with pytest.raises(ClientDisconnect):
        await read(request(b"abc", None), 60)


async def test_a_body_comes_in_time_or_is_refused() -> None:
    async def receive() -> Message:
        return await asyncio.Future()

    with pytest.raises(ServerError, match=r"did not come within 0\.01 s") as refused:
        await read(Request({"type": "http", "headers": []}, receive), 0.01)
    assert (refused.value.status, refused.value.kind) == (408, "RequestTimeoutException")
    assert refused.value.headers == {"connection": "close"}
