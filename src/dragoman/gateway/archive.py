"""The ledger as asyncio sees it: on a thread of its own."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from dragoman.gateway.ledger import Ledger
from dragoman.gateway.terms import Terms

P = ParamSpec("P")
R = TypeVar("R")


class Archive:
    """Runs the ledger's methods one after the other, so that a slow disk never holds the event loop.

    An async context manager: it opens the ledger's file and closes it.

    Args:
        path: the file.
        terms: what holds for every job.
        clock: tells the time at which the file is opened, in seconds since the epoch.

    Raises:
        ConfigurationError: on entering, the file cannot be used.
    """

    def __init__(self, path: Path | str, terms: Terms, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._terms = terms
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def __aenter__(self) -> Self:
        # Neither this nor the closing is awaited: what is cancelled half-way would leave the file open.
        try:
            self._ledger = self._thread.submit(Ledger, self._path, self._terms, self._clock()).result()
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thread.submit(self._ledger.close).result()
        self._thread.shutdown()

    async def call(self, method: Callable[Concatenate[Ledger, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a method of the ledger, as in ``await archive.call(Ledger.take, worker, 1, now)``.

        Whoever is cancelled while it waits does not know whether the method was run.

        Returns:
            What the method returns.

        Raises:
            Exception: what the method raises.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(method, self._ledger, *args, **kwargs))
