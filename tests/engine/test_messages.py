import asyncio

import pytest
from starlette.types import Message, Receive

from dragoman.engine.messages import collected, replay, unless_left, whole

pytestmark = pytest.mark.anyio

GONE: Message = {"type": "http.disconnect"}


def body(text: bytes, more: bool) -> Message:
    return {"type": "http.request", "body": text, "more_body": more}


def receiving(*messages: Message) -> Receive:
    return replay(messages, forever)


async def forever() -> Message:
    return await asyncio.Future()


async def gone() -> Message:
    return GONE


@pytest.mark.parametrize(
    "messages",
    [
        [body(b"a", False)],
        [{"type": "http.request"}],
        [body(b"a", True), body(b"b", True), body(b"", False)],
        [body(b"a", True), GONE],
        [GONE],
    ],
)
async def test_a_body_is_collected_to_its_end_or_the_clients(messages: list[Message]) -> None:
    assert await collected(receiving(*messages, body(b"not read", False))) == messages


async def test_what_was_collected_is_received_again_and_then_the_rest() -> None:
    again = replay([whole(b"a")], gone)

    assert [await again(), await again(), await again()] == [body(b"a", False), GONE, GONE]


async def test_work_gives_its_result_to_a_client_that_stays() -> None:
    async def work() -> int:
        return 7

    assert await unless_left(forever, work()) == 7


async def test_work_raises_its_error() -> None:
    async def work() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        await unless_left(forever, work())


async def test_work_ends_when_the_client_leaves() -> None:
    ended = asyncio.Event()

    async def work() -> int:
        try:
            return await asyncio.Future()
        finally:
            ended.set()

    assert await unless_left(receiving(body(b"", False), GONE), work()) is None
    assert ended.is_set()


async def test_work_takes_its_leave_in_peace() -> None:
    farewells = []

    async def work() -> int:
        try:
            return await asyncio.Future()
        finally:
            for _ in range(10):
                await asyncio.sleep(0)
            farewells.append("done")

    assert await unless_left(receiving(GONE), work()) is None
    assert farewells == ["done"]


async def test_work_ends_with_the_caller() -> None:
    working, ended = asyncio.Event(), asyncio.Event()

    async def work() -> int:
        working.set()
        try:
            return await asyncio.Future()
        finally:
            ended.set()

    call = asyncio.create_task(unless_left(forever, work()))
    await working.wait()
    call.cancel()
    await asyncio.wait([call])
    assert ended.is_set()


async def test_nothing_watches_the_client_afterwards() -> None:
    before = asyncio.all_tasks()

    await unless_left(forever, asyncio.sleep(0, "done"))

    assert asyncio.all_tasks() == before
