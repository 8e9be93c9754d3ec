"""The engine's errors, some of which repeat what they are about, at any length: those lose their middle."""

import orjson
from starlette.types import Message, Send

FIRST_ERROR = 400
# Bytes, as JSON, of a message's beginning and of its end that are told; one that is hardly longer stays whole.
BEGINNING, END = 160, 60
LONGEST = 240
MIDDLE = " [...] "
# What may repeat some of a request; a parameter is named by the keys that lead to it.
TOLD = ("message", "param")


class Clipped:
    """Sends answers as they come, and errors when they are complete, with short messages.

    Args:
        send: takes the messages to the client.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """Sends a message, or keeps it until the error is complete."""
        if message["type"] == "http.response.start" and message["status"] >= FIRST_ERROR:
            self._head = message
        elif self._head is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._tell(self._head, clipped(self._body))

    async def _tell(self, head: Message, body: bytes) -> None:
        others = [(name, value) for name, value in head.get("headers", ()) if name.lower() != b"content-length"]
        await self._send({**head, "headers": [*others, (b"content-length", b"%d" % len(body))]})
        await self._send({"type": "http.response.body", "body": body})


def clipped(body: bytes) -> bytes:
    """An error with a short message and parameter, in OpenAI's form or Anthropic's; any other body as it is."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    error = content.get("error") if isinstance(content, dict) else None
    if not isinstance(error, dict):
        return body
    long = {name: error[name] for name in TOLD if isinstance(error.get(name), str) and _size(error[name]) > LONGEST}
    if not long:
        return body
    return orjson.dumps({**content, "error": {**error, **{name: _short(text) for name, text in long.items()}}})


def _short(text: str) -> str:
    return _beginning(text, BEGINNING) + MIDDLE + _beginning(text[::-1], END)[::-1]


def _beginning(text: str, most: int) -> str:
    text = text[:most]
    while _size(text) > most:
        text = text[: len(text) // 2]
    return text


def _size(text: str) -> int:
    return len(orjson.dumps(text)) - len('""')
