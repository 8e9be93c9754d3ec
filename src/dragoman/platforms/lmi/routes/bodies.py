"""Bodies of requests, no slower than they may be."""

import asyncio
from http import HTTPStatus

from starlette.requests import Request

from dragoman.platforms.lmi.errors import ServerError

# The rest of the body is on its way.
CLOSE = {"connection": "close"}


async def read(request: Request, seconds: float) -> bytes:
    """The body.

    Args:
        request: the request.
        seconds: how long it may take to come.

    Raises:
        ServerError: it takes longer.
        ClientDisconnect: the client has left before its end.
    """
    try:
        async with asyncio.timeout(seconds):
            return await request.body()
    except TimeoutError:
        message = f"The request's body did not come within {seconds:g} s."
        raise ServerError(message, HTTPStatus.REQUEST_TIMEOUT, "RequestTimeoutException", CLOSE) from None
