import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from contextvars import ContextVar

import pytest

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.hooks import Hook, call, items
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

request: ContextVar[str] = ContextVar("request")


def chat(function: Callable[..., object]) -> Hook:
    return Hook("chat", function)


async def collected(results: object) -> list[object]:
    return [item async for item in items(chat(print), results)]


def plain(params: object, model: object) -> object:
    return params, model, request.get(), threading.current_thread() is threading.main_thread()


async def coroutine(params: object, model: object) -> object:
    await asyncio.sleep(0)
    return plain(params, model)


@pytest.mark.parametrize("function", [plain, coroutine])
async def test_a_hook_runs_beside_the_loop_in_the_requests_context(function: Callable[..., object]) -> None:
    request.set("one")
    assert await call(chat(function), {}, "model", headers={}) == ({}, "model", "one", False)


@pytest.mark.parametrize("function", [lambda: 1 / 0, lambda: next(iter(())), lambda: sys.exit(1)])
async def test_a_hook_that_fails_is_a_drum_error(function: Callable[[], object]) -> None:
    with pytest.raises(DrumError):
        await call(chat(function))


async def test_a_coroutine_that_fails_is_a_drum_error_and_the_next_one_works() -> None:
    async def ends() -> None:
        raise SystemExit(1)

    async def works() -> int:
        return 1

    with pytest.raises(DrumError):
        await call(chat(ends))
    assert await call(chat(works)) == 1


async def test_hooks_that_hang_leave_the_loop_free() -> None:
    event = threading.Event()
    hanging = asyncio.create_task(call(chat(event.wait)))
    await asyncio.sleep(0.01)
    assert not hanging.done()
    event.set()
    assert await hanging is True


async def test_a_caller_that_leaves_cancels_a_coroutine() -> None:
    started, cancelled = threading.Event(), threading.Event()

    async def waits() -> None:
        started.set()
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    task = asyncio.create_task(call(chat(waits)))
    await eventually(started.is_set)
    task.cancel()
    await eventually(cancelled.is_set)


async def test_a_hook_finds_an_event_loop_in_its_thread() -> None:
    def runs() -> object:
        return asyncio.get_event_loop().run_until_complete(asyncio.sleep(0, "done"))

    assert await call(chat(runs)) == "done"


def generator() -> Iterator[object]:
    for word in ("a", "b"):
        yield word, request.get(), threading.current_thread() is threading.main_thread()


async def async_generator() -> AsyncIterator[object]:
    for item in generator():
        await asyncio.sleep(0)
        yield item


@pytest.mark.parametrize("function", [generator, async_generator, lambda: list(generator())])
async def test_what_a_hook_returns_is_iterated_over_beside_the_loop(function: Callable[[], object]) -> None:
    request.set("one")
    hook = chat(function)
    assert await collected(await call(hook)) == [("a", "one", False), ("b", "one", False)]


def failing_generator() -> Iterator[str]:
    yield "a"
    raise ValueError("no more")


async def failing_async_generator() -> AsyncIterator[str]:
    yield "a"
    raise ValueError("no more")


@pytest.mark.parametrize("function", [failing_generator, failing_async_generator])
async def test_an_iterator_that_fails_is_a_drum_error_after_what_it_gave(function: Callable[[], object]) -> None:
    steps = items(chat(function), function())
    assert await anext(steps) == "a"
    with pytest.raises(DrumError, match=r"^no more$"):
        await anext(steps)


@pytest.mark.parametrize("results", [None, 7, object()])
async def test_what_cannot_be_iterated_over_is_a_drum_error(results: object) -> None:
    with pytest.raises(DrumError, match="not iterable"):
        await collected(results)


class Closing:
    """An iterable that waits in its second step, and notes that it is closed."""

    def __init__(self) -> None:
        self.waits = threading.Event()
        self.go = threading.Event()
        self.closed: list[str] = []

    def __iter__(self) -> Iterator[str]:
        try:
            yield "a"
            self.waits.set()
            self.go.wait()
            yield "b"
        finally:
            self.closed.append("iterator")

    def close(self) -> None:
        self.closed.append("stream")


class AsyncClosing:
    """The same, asynchronous; it takes a while to end."""

    def __init__(self) -> None:
        self.waits = threading.Event()
        self.closed: list[str] = []

    async def __aiter__(self) -> AsyncIterator[str]:
        try:
            yield "a"
            self.waits.set()
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.01)
            self.closed.append("iterator")

    async def aclose(self) -> None:
        self.closed.append("stream")


@pytest.mark.parametrize("stream", [Closing(), AsyncClosing()])
async def test_a_client_that_leaves_between_steps_closes_the_stream(stream: Closing | AsyncClosing) -> None:
    async with aclosing(items(chat(print), stream)) as steps:
        assert await anext(steps) == "a"
    await eventually(lambda: stream.closed == ["iterator", "stream"])
    assert not stream.waits.is_set()


async def test_a_client_that_leaves_within_a_step_closes_the_stream_after_it() -> None:
    stream = Closing()
    task = asyncio.create_task(collected(stream))
    await eventually(stream.waits.is_set)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert stream.closed == []
    stream.go.set()
    await eventually(lambda: stream.closed == ["iterator", "stream"])


async def test_a_client_that_leaves_within_an_asynchronous_step_cancels_it() -> None:
    stream = AsyncClosing()
    task = asyncio.create_task(collected(stream))
    await eventually(stream.waits.is_set)
    task.cancel()
    await eventually(lambda: stream.closed == ["iterator", "stream"])
