import asyncio

import pytest
from starlette.types import Message

from dragoman.gateway.departures import ClientLeftError, unless_left

pytestmark = pytest.mark.anyio


class Channel:
    """A request's channel whose client stays until it is told to leave."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self._told = False

    async def receive(self) -> Message:
        if not self._told:
            self._told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}


async def test_what_is_inside_ends_when_the_client_leaves() -> None:
    channel, ended = Channel(), asyncio.Event()

    async def serve() -> None:
        async with unless_left(channel.receive):
            channel.left.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    with pytest.raises(ClientLeftError):
        await serve()
    assert ended.is_set()


async def test_a_client_that_stays_disturbs_nothing() -> None:
    before = asyncio.all_tasks()
    async with unless_left(Channel().receive):
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("error", [TimeoutError("mine"), ValueError("mine")])
async def test_errors_inside_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error), match="mine"):
        async with unless_left(Channel().receive):
            raise error


async def test_a_server_that_ends_is_no_client_that_leaves() -> None:
    async def serve() -> None:
        async with unless_left(Channel().receive):
            await asyncio.Event().wait()

    serving = asyncio.create_task(serve())
    await asyncio.sleep(0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
