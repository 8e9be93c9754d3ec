"""Clients that leave before they have their answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive


class ClientLeftError(Exception):
    """Nobody waits for the answer any more."""


@asynccontextmanager
async def unless_left(receive: Receive) -> AsyncIterator[None]:
    """Runs what is inside until the client leaves.

    Args:
        receive: the request's channel, its body read.

    Raises:
        ClientLeftError: it has left; what was inside has been cancelled.
    """
    scope = asyncio.timeout(None)

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.reschedule(0)

    watching = asyncio.create_task(watch())
    try:
        async with scope:
            yield
    except TimeoutError:
        if scope.expired():
            raise ClientLeftError from None
        raise
    finally:
        watching.cancel()
