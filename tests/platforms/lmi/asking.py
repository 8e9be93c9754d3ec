"""Asks an application one question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import ASGIApp

from dragoman.engine.client import Client
from dragoman.platforms.lmi.options import Options
from dragoman.settings.values import Value


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


async def ask(
    app: ASGIApp, method: str, target: str, content: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer to a request; content other than bytes is sent as JSON."""
    path, _, query = target.partition("?")
    body = content if isinstance(content, bytes) else b"" if content is None else orjson.dumps(content)
    typed = {} if content is None else {"content-type": "application/json"}
    raw = [(name.encode(), value.encode()) for name, value in {**typed, **(headers or {})}.items()]
    async with Client(app).stream(method, path, query=query.encode(), headers=raw, body=body) as response:
        told = {name.decode(): value.decode() for name, value in response.headers}
        return Answer(response.status, told, await response.read())


def options(**changes: Value) -> Options:
    """Those of a worker whose model is `test`."""
    defaults = {"model_name": "test", "model_url": "/opt/ml/model", "served_model_name": ("test", "lmi")}
    return Options(**{**defaults, **changes})
