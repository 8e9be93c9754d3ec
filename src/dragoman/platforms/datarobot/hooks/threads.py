"""Where hooks run: plain ones in a pool of threads, coroutines on an event loop in a thread of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context
from functools import cache
from threading import Thread

# More calls wait for one of these to end; a hook that hangs keeps its thread.
THREADS = 64


def in_thread(context: Context, function: Callable[..., object], *args: object) -> Future[object]:
    """Runs a function in the pool; the same context must not be in use twice at a time."""
    return _pool().submit(context.run, function, *args)


def in_loop(context: Context, coroutine: Coroutine[object, object, object]) -> Future[object]:
    """Runs a coroutine on the loop that is for hooks alone: one that blocks holds up no request without hooks."""
    return context.run(asyncio.run_coroutine_threadsafe, coroutine, _loop())


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, "hook", _give_loop)


def _give_loop() -> None:
    """Lets a hook ask for its thread's event loop, as in the main thread, where DRUM calls it."""
    asyncio.set_event_loop(asyncio.new_event_loop())


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="hooks", daemon=True).start()
    return loop
