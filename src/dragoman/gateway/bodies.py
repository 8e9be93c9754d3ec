"""Bodies of requests, no larger than they may be."""

from starlette.requests import Request

from dragoman.gateway.errors import TooLargeError

MB = 10**6


async def read(request: Request, most: int) -> bytes:
    """The body, counted while it is read, whatever length the request claims.

    Args:
        request: the request.
        most: how many bytes it may have.

    Raises:
        TooLargeError: it has more.
        ClientDisconnect: the client has left before its end.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLargeError(f"the body is larger than {most / MB:g} MB")
    return bytes(body)
