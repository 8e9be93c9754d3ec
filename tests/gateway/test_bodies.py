from collections.abc import Sequence

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from dragoman.gateway import bodies
from dragoman.gateway.errors import TooLargeError

pytestmark = pytest.mark.anyio


def request(*messages: Message) -> Request:
    waiting = list(messages)

    async def receive() -> Message:
        return waiting.pop(0)

    return Request({"type": "http", "headers": [(b"content-length", b"1")]}, receive)


def chunks(parts: Sequence[bytes]) -> list[Message]:
    return [{"type": "http.request", "body": part, "more_body": i < len(parts) - 1} for i, part in enumerate(parts)]


@pytest.mark.parametrize("parts", [[b"1234"], [b"12", b"34"], [b""]])
async def test_a_body_is_read_to_its_end(parts: list[bytes]) -> None:
    assert await bodies.read(request(*chunks(parts)), most=4) == b"".join(parts)


async def test_a_body_is_counted_whatever_length_it_claims() -> None:
    with pytest.raises(TooLargeError, match=r"larger than 1\.5 MB"):
        await bodies.read(request(*chunks([b"x" * 1_000_000, b"x" * 500_001, b"never read"])), most=1_500_000)


async def test_a_client_that_leaves_has_sent_no_body() -> None:
    with pytest.raises(ClientDisconnect):
        await bodies.read(request({"type": "http.disconnect"}), most=4)
