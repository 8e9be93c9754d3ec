"""Bodies of requests, no larger and no slower than they may be."""

import asyncio
from http import HTTPStatus

from starlette.requests import Request

from dragoman.platforms.lmi.errors import ServerError

# The rest of the body is on its way.
CLOSE = {"connection": "close"}


async def read(request: Request, most: int, seconds: float) -> bytes:
    """The body, counted while it is read, whatever length the request claims.

    Args:
        request: the request.
        most: how many bytes it may have.
        seconds: how long it may take to come.

    Raises:
        ServerError: it has more, or takes longer.
        ClientDisconnect: the client has left before its end.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _counted(request, most)
    except TimeoutError:
        message = f"The request's body did not come within {seconds:g} s."
        raise ServerError(message, HTTPStatus.REQUEST_TIMEOUT, "RequestTimeoutException", CLOSE) from None


async def _counted(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            message = f"The request is larger than max_request_size, {most} bytes."
            raise ServerError(message, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TooLongFrameException", CLOSE)
    return bytes(body)
