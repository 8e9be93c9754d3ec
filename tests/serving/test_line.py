import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message, Receive, Scope, Send

from dragoman.serving.line import Line, patient

pytestmark = pytest.mark.anyio

LEFT = {"type": "http.disconnect"}
PIECE = {"type": "http.response.body", "body": b"a", "more_body": True}


async def silent() -> Message:
    return await asyncio.Future()


async def deaf(message: Message) -> None:
    await asyncio.Future()


def saying(message: Message) -> Callable[[], Awaitable[Message]]:
    async def say() -> Message:
        return message

    return say


async def test_what_is_said_is_passed_on() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    line = Line(saying({"type": "http.request"}), send, 60)
    await line.send(PIECE)
    assert (await line.receive(), sent) == ({"type": "http.request"}, [PIECE])


@pytest.mark.parametrize("beforehand", [True, False])
async def test_a_client_that_is_given_up_has_left(beforehand: bool) -> None:
    line = Line(silent, deaf)
    if beforehand:
        line.give_up()
    receiving = asyncio.create_task(line.receive())
    await asyncio.sleep(0)
    line.give_up()
    assert await asyncio.wait_for(receiving, 10) == LEFT


async def test_the_second_to_wait_is_told_when_the_first_has_stopped() -> None:
    line = Line(silent, deaf)
    first, second = (asyncio.create_task(line.receive()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    line.give_up()
    assert await asyncio.wait_for(second, 10) == LEFT


async def test_a_client_that_is_given_up_gets_nothing_more() -> None:
    line = Line(silent, deaf)
    line.give_up()
    await asyncio.wait_for(line.send(PIECE), 10)


async def test_a_client_that_takes_nothing_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    line = Line(silent, deaf, 0.01)
    receiving = asyncio.create_task(line.receive())
    await asyncio.wait_for(line.send(PIECE), 10)
    assert await asyncio.wait_for(receiving, 10) == LEFT
    assert caplog.messages == ["A client took nothing of its answer for 0.01 s: it is given up."]


async def test_an_application_sees_that_such_a_client_leaves() -> None:
    seen: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(PIECE)
        seen.append(await receive())

    await asyncio.wait_for(patient(app, 0.01)({"type": "http"}, silent, deaf), 10)
    assert seen == [LEFT]


async def test_what_is_no_request_is_left_alone() -> None:
    seen: list[Receive] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(receive)

    await patient(app, 1)({"type": "websocket"}, silent, deaf)
    assert seen == [silent]
