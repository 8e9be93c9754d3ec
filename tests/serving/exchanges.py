"""Requests to applications, as a server would bring them."""

from collections.abc import Iterable, Sequence

from starlette.types import ASGIApp, Message, Scope

from dragoman.serving.observing.exchange import Exchange

Header = tuple[bytes, bytes]


def scope(path: str = "/v1/chat/completions", method: str = "POST", headers: Iterable[Header] = ()) -> Scope:
    """A request's."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"key=secret",
        "headers": list(headers),
        "client": ("10.0.0.1", 5000),
    }


def head(status: int = 200, headers: Iterable[Header] = ()) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: bytes = b"", more: bool = False) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def saying(*messages: Message) -> ASGIApp:
    """An application that answers with these messages."""

    async def app(scope: object, receive: object, send: object) -> None:
        for message in messages:
            await send(message)  # type: ignore[operator]

    return app


async def asked(app: ASGIApp, request: Scope, received: Sequence[Message] = ()) -> list[Message]:
    """What an application sends when it is given this request, whose client leaves after these messages."""
    sent: list[Message] = []
    coming = iter(received)

    async def receive() -> Message:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    await app(request, receive, send)
    return sent


class Watcher:
    """Remembers exchanges."""

    def __init__(self) -> None:
        self.begun: list[Exchange] = []
        self.done: list[Exchange] = []

    def began(self, exchange: Exchange) -> None:
        self.begun.append(exchange)

    def ended(self, exchange: Exchange) -> None:
        self.done.append(exchange)
