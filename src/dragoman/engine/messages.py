"""The messages that an application receives: collected, received again, and watched for the client's leaving."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TypeVar

from starlette.types import Message, Receive

Result = TypeVar("Result")


async def collected(receive: Receive) -> list[Message]:
    """The messages of a request's body, and the disconnect where it came before the end of it."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def replay(messages: Iterable[Message], receive: Receive) -> Receive:
    """What receives the messages, and then what comes after them."""
    before = iter(messages)

    async def replayed() -> Message:
        return next(before, None) or await receive()

    return replayed


def whole(body: bytes) -> Message:
    """A body in one message."""
    return {"type": "http.request", "body": body, "more_body": False}


async def unless_left(receive: Receive, work: Coroutine[None, None, Result]) -> Result | None:
    """What the work gives; None where the client leaves, which ends it.

    A cancelled scope of anyio would cancel the work again and again, so that it could not take its leave of the engine.
    """
    task = asyncio.create_task(work)
    watch = asyncio.create_task(_cancel_on_disconnect(receive, task))
    try:
        await asyncio.wait([task])
    finally:
        watch.cancel()
        task.cancel()
        await asyncio.gather(task, watch, return_exceptions=True)
    return None if task.cancelled() else task.result()


async def _cancel_on_disconnect(receive: Receive, task: asyncio.Task[Result]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    task.cancel()
