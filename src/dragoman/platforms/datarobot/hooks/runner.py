"""Runs hooks beside the event loop."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable
from contextvars import copy_context

from dragoman.platforms.datarobot.hooks.failures import translated
from dragoman.platforms.datarobot.hooks.hooks import Hook
from dragoman.platforms.datarobot.hooks.steps import END, steps_of
from dragoman.platforms.datarobot.hooks.threads import in_loop, in_thread


async def call(hook: Hook, *args: object, **kwargs: object) -> object:
    """What a hook returns; it runs in a thread of its own, an ``async`` one on a loop of its own.

    Args:
        hook: the hook.
        args: what every hook of that name takes.
        kwargs: what only those get that take more than `args`, such as ``headers`` of ``chat``.

    Raises:
        DrumError: the hook failed, and its traceback is in the log; or it raised a CustomHTTPError.
    """

    def run() -> object:
        with translated(hook.name):
            return hook(*args, **kwargs)

    context = copy_context()
    result = await asyncio.wrap_future(in_thread(context, run))
    if inspect.isawaitable(result):
        return await asyncio.wrap_future(in_loop(context, _awaited(hook, result)))
    return result


async def items(hook: Hook, results: object) -> AsyncGenerator[object, None]:
    """What an iterable that a hook returned gives, plain or asynchronous, item by item.

    Closing this iterator (``aclosing``) closes what the hook returned, after the step that is under way.

    Raises:
        DrumError: the hook failed, as in ``call``; or this is nothing to iterate over.
    """
    steps = steps_of(hook.name, results)
    step = steps.next()
    try:
        while (item := await asyncio.wrap_future(step)) is not END:
            yield item
            step = steps.next()
    finally:
        # Nobody waits for what custom.py does then.
        step.add_done_callback(lambda _: steps.close())


async def _awaited(hook: Hook, result: Awaitable[object]) -> object:
    with translated(hook.name):
        return await result
