"""How far an application has come with an answer."""

from collections.abc import Awaitable

from starlette.types import Message, Receive, Send

EVENTS = b"text/event-stream"
FAULT = 400


class Answer:
    """Receives and sends, and knows what has been sent; nothing is done for a piece of an answer but to look at it.

    Args:
        receive: gives the client's messages.
        send: takes the messages to the client.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._left = False
        self.head: Message | None = None
        self.complete = False

    @property
    def has_events(self) -> bool:
        """Whether it is a stream of events."""
        headers = self.head.get("headers", ()) if self.head else ()
        return any(name.lower() == b"content-type" and value.startswith(EVENTS) for name, value in headers)

    @property
    def is_whole(self) -> bool:
        """Whether the client has got all of what it asked for."""
        return self.complete and not self._left and self.head is not None and self.head["status"] < FAULT

    async def receive(self) -> Message:
        """The client's next message."""
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self.complete:
            self._left = True
        return message

    def send(self, message: Message) -> Awaitable[None]:
        """Sends a message."""
        if not message.get("more_body"):
            if message["type"] == "http.response.start":
                self.head = message
            else:
                self.complete = True
        return self._send(message)
