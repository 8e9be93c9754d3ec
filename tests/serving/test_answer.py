import pytest
from starlette.types import Message

from dragoman.serving.answer import Answer

pytestmark = pytest.mark.anyio

LEFT = {"type": "http.disconnect"}
END = {"type": "http.response.body", "body": b"z"}
PIECE = {"type": "http.response.body", "body": b"a", "more_body": True}


def head(status: int = 200, kind: bytes = b"application/json") -> Message:
    return {"type": "http.response.start", "status": status, "headers": [(b"Content-Type", kind)]}


async def after(*messages: Message) -> Answer:
    """What is known after these, of which the application has received some and sent the others."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return LEFT

    answer = Answer(receive, send)
    for message in messages:
        if message is LEFT:
            assert await answer.receive() is LEFT
        else:
            await answer.send(message)
    assert sent == [message for message in messages if message is not LEFT]
    return answer


@pytest.mark.parametrize(
    ("messages", "complete", "whole"),
    [
        ([], False, False),
        ([head()], False, False),
        ([head(), PIECE], False, False),
        ([head(), PIECE, END], True, True),
        ([head(), END, LEFT], True, True),
        ([LEFT, head(), END], True, False),
        ([head(), LEFT], False, False),
        ([head(429), END], True, False),
    ],
)
async def test_how_far_it_has_come(messages: list[Message], complete: bool, whole: bool) -> None:
    answer = await after(*messages)
    assert (answer.complete, answer.is_whole) == (complete, whole)


@pytest.mark.parametrize(("kind", "events"), [(b"text/event-stream; charset=utf-8", True), (b"text/plain", False)])
async def test_what_it_is(kind: bytes, events: bool) -> None:
    assert (await after(head(200, kind))).has_events is events
    assert not (await after()).has_events
