"""OpenAI's streams as lines of JSON, for clients that accept those."""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from dragoman.platforms.lmi.generation.lines import line_of
from dragoman.platforms.lmi.generation.request import Wire
from dragoman.serving.events import Events


class Lines:
    """Sends an answer, its events as one line each if it is a stream.

    Args:
        send: takes the messages.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._events: Events | None = None

    async def __call__(self, message: Message) -> None:
        """Takes one message of the answer."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            if headers.get("content-type", "").startswith(Wire.EVENTS.value):
                self._events = Events()
                headers["content-type"] = Wire.LINES.value
                message = {**message, "headers": headers.raw}
        elif self._events is not None:
            lines = map(line_of, self._events.feed(message.get("body", b"")))
            message = {**message, "body": b"".join(lines)}
        await self._send(message)
