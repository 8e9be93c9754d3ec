"""Asks an application one question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import ASGIApp

from dragoman.engine.client import Client


@dataclass(frozen=True)
class Answer:
    """What it answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> Any:  # noqa: ANN401 - whatever JSON holds
        return orjson.loads(self.body)

    @property
    def told(self) -> tuple[int, Any]:
        """Status and JSON."""
        return self.status, self.content

    @property
    def events(self) -> list[Any]:
        """What the events of a stream say, JSON read."""
        said = [block.removeprefix(b"data: ") for block in self.body.split(b"\n\n")[:-1]]
        return [text.decode() if text == b"[DONE]" else orjson.loads(text) for text in said]


async def ask(
    app: ASGIApp, method: str, target: str, content: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer to a request; content other than bytes is sent as JSON."""
    path, _, query = target.partition("?")
    body = content if isinstance(content, bytes) else b"" if content is None else orjson.dumps(content)
    typed = {} if content is None or isinstance(content, bytes) else {"content-type": "application/json"}
    raw = [(name.encode(), value.encode()) for name, value in {**typed, **(headers or {})}.items()]
    async with Client(app).stream(method, path, query=query.encode(), headers=raw, body=body) as response:
        told = {name.decode(): value.decode() for name, value in response.headers}
        return Answer(response.status, told, await response.read())


def form(name: str, filename: str | None, content: bytes) -> tuple[bytes, Mapping[str, str]]:
    """The body and the header of a form with one part."""
    quoted = f'; filename="{filename}"' if filename is not None else ""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{quoted}\r\n\r\n'
    return head.encode() + content + b"\r\n--b--\r\n", {"content-type": "multipart/form-data; boundary=b"}
