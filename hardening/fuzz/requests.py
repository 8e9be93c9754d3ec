"""A request as it goes over a connection, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

JSON = "application/json"


@dataclass(frozen=True)
class Sent:
    """A request."""

    method: str
    target: str
    """Path and query, as they stand in the request line."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def json(cls, target: str, content: object) -> Self:
        """Post JSON."""
        return cls("POST", target, {"content-type": JSON}, orjson.dumps(content))

    def __str__(self) -> str:
        headers = {name: value for name, value in self.headers.items() if name.lower() == "content-type"}
        return f"{self.method} {self.target[:200]} {headers} {self.body[:600]!r} ({len(self.body)} bytes)"


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """With names in lower case."""
    body: bytes

    @property
    def kind(self) -> str:
        """Its media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def content(self) -> Any:  # noqa: ANN401
        """Read its JSON; None where it has none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def __str__(self) -> str:
        return f"{self.status} {self.kind} {self.body[:400]!r}"
