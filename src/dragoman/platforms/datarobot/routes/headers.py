"""The headers that every answer of DRUM's has."""

from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = "x-request-id"
# DRUM's spelling: underscores in the answer, hyphens in the request.
ANSWERED_ID = "x_request_id"
VERSION = "x-drum-version"
# The DRUM whose behaviour this is.
DRUM_VERSION = "1.18.1"


def with_headers(app: ASGIApp) -> ASGIApp:
    """The application, whose every answer has the id of its request, and DRUM's version."""

    async def headed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get(REQUEST_ID) or str(uuid4())

        async def send_headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_own(request_id))
            await send(message)

        await app(scope, receive, send_headed)

    return headed


class Marked(Response):
    """A response with these headers, for those who answer without having seen the request.

    Args:
        response: what is answered.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(response.body, response.status_code, response.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the response, to the request that is known by now."""
        await with_headers(super().__call__)(scope, receive, send)


def _own(request_id: str) -> dict[str, str]:
    return {ANSWERED_ID: request_id, VERSION: DRUM_VERSION}
