"""Which requests run on which adapters."""

import asyncio
import re
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import contextmanager

import orjson

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard.bodies import parsed
from dragoman.serving.entrance.limits import Limits

MODEL = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.)*")')


class Traffic:
    """The requests under way at the engine, by the adapters that they are for."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._end = asyncio.Event()

    @contextmanager
    def under_way(self, adapter: str) -> Iterator[None]:
        """As long as the context lasts, a request for this adapter runs."""
        self._running[adapter] += 1
        try:
            yield
        finally:
            self._running[adapter] -= 1
            self._running += Counter()
            self._end.set()
            self._end = asyncio.Event()

    async def gone(self, name: str) -> None:
        """Returns when no request for the adapter runs."""
        while self._running[name]:
            await self._end.wait()


def adapter_of(body: bytes, adapters: Container[str], limits: Limits) -> str | None:
    """The adapter that a body names as its model; it is only parsed where something in it may do so.

    Args:
        body: the body, complete.
        adapters: the names that there are.
        limits: beyond which it names none, since the engine refuses it.
    """
    if not any(_text(found.group(1)) in adapters for found in MODEL.finditer(body)):
        return None
    try:
        content = parsed(body, limits) or {}
    except BadRequestError:
        return None
    model = content.get("model")
    return model if isinstance(model, str) and model in adapters else None


def _text(literal: bytes) -> str:
    try:
        return str(orjson.loads(literal))
    except orjson.JSONDecodeError:
        return ""
