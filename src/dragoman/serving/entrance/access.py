"""Who may use the worker: whoever shows one of its keys, and everybody where it has none."""

import hashlib
import hmac
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Self

from starlette.datastructures import Headers
from starlette.types import Scope

SCHEME = "bearer"

# Which of the keys opened the worker for the request under way, by its number; None where there are no keys.
CLIENT: ContextVar[int | None] = ContextVar("client", default=None)


@dataclass(frozen=True)
class Access:
    """The keys that open the worker, as the hexadecimal SHA-256 of each.

    The processes that serve have no more than that, so nothing that they show can hold a key.

    Args:
        digests: of the keys; empty where everybody is let in.
    """

    digests: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, keys: Iterable[str]) -> Self:
        """The access that these keys give, each of which counts once."""
        return cls(tuple(dict.fromkeys(hashlib.sha256(key.encode()).hexdigest() for key in keys)))

    def __bool__(self) -> bool:
        """Whether a key has to be shown."""
        return bool(self.digests)

    def told(self, guard: str | None) -> str:
        """What the worker's log says of it.

        Args:
            guard: who checks who calls, where somebody does.
        """
        if self:
            return f"every route but the health probes asks for an API key, of which there are {len(self.digests)}"
        if guard:
            return f"no API key is asked for, as {guard} checks who calls"
        return "no API key is asked for: everybody who reaches this worker can use it (DRAGOMAN_API_KEY sets one)"

    def client(self, scope: Scope) -> int | None:
        """The number of the key that a request shows as ``Authorization: Bearer …``; None where it shows none of them.

        How long that takes tells nothing about the keys: digests are compared, each with all of them.
        """
        scheme, _, shown = Headers(scope=scope).get("authorization", "").partition(" ")
        digest = hashlib.sha256(shown.strip().encode("latin-1")).hexdigest()
        same = [hmac.compare_digest(digest, each) for each in self.digests]
        return same.index(True) if scheme.lower() == SCHEME and any(same) else None
