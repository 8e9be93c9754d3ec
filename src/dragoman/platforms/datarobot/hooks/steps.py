"""The steps of what a hook returned to be iterated over, each taken beside the event loop."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from typing import Protocol

from dragoman.platforms.datarobot.hooks.failures import translated
from dragoman.platforms.datarobot.hooks.threads import in_loop, in_thread

END = object()


class Steps(Protocol):
    """One step may be under way at a time."""

    def next(self) -> Future[object]:
        """The next item, or `END`."""

    def close(self) -> Future[object]:
        """Closes the iterator, and what it came from where that can be closed."""


def steps_of(name: str, results: object) -> Steps:
    """The steps of an iterable that the hook of this name returned; those of anything else fail."""
    return AsyncSteps(name, results) if isinstance(results, AsyncIterable) else PlainSteps(name, results)


class PlainSteps:
    """The steps of a plain iterable."""

    def __init__(self, name: str, results: object) -> None:
        self._name = name
        self._results = results
        self._iterator: Iterator[object] | None = None
        self._context = copy_context()

    def next(self) -> Future[object]:
        """The next item, or `END`."""
        return in_thread(self._context, self._next)

    def close(self) -> Future[object]:
        """Closes the iterator, and what it came from where that can be closed."""
        return in_thread(self._context, self._close)

    def _next(self) -> object:
        with translated(self._name):
            if self._iterator is None:
                self._iterator = iter(self._results)  # type: ignore[call-overload]
            return next(self._iterator, END)

    def _close(self) -> None:
        with translated(self._name):
            for each in (self._iterator, self._results):
                if close := getattr(each, "close", None):
                    close()


class AsyncSteps:
    """The steps of an asynchronous iterable."""

    def __init__(self, name: str, results: AsyncIterable[object]) -> None:
        self._name = name
        self._results = results
        self._iterator: AsyncIterator[object] | None = None
        self._context = copy_context()
        # A step that is cancelled may take a while to end.
        self._turn = asyncio.Lock()

    def next(self) -> Future[object]:
        """The next item, or `END`."""
        return in_loop(self._context, self._next())

    def close(self) -> Future[object]:
        """Closes the iterator, and what it came from where that can be closed."""
        return in_loop(self._context, self._close())

    async def _next(self) -> object:
        async with self._turn:
            with translated(self._name):
                self._iterator = self._iterator or aiter(self._results)
                return await anext(self._iterator, END)

    async def _close(self) -> None:
        async with self._turn:
            with translated(self._name):
                for each in (self._iterator, self._results):
                    if close := getattr(each, "aclose", None):
                        await close()
