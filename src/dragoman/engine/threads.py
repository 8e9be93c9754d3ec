"""Work on large bodies, done beside the event loop: probes and streams go on meanwhile."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

LARGE = 2**20


async def aside(size: int, work: Callable[Given, Result], *args: Given.args, **more: Given.kwargs) -> Result:
    """What the work gives; a thread does it if it is about more than a mebibyte.

    Args:
        size: how many bytes it is about.
        work: the work.
        args: what it takes.
        more: what it takes by name.
    """
    return work(*args, **more) if size <= LARGE else await asyncio.to_thread(work, *args, **more)
