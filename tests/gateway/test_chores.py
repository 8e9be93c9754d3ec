import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dragoman.gateway import chores
from dragoman.gateway.chores import Chore

pytestmark = pytest.mark.anyio


class Work:
    """Notes how often it was done; says each time when it is due next."""

    def __init__(self, *dues: float | None) -> None:
        self.times = asyncio.Semaphore(0)
        self.done = 0
        self._dues = list(dues)

    async def __call__(self) -> float | None:
        self.done += 1
        self.times.release()
        return self._dues.pop(0) if self._dues else None


@asynccontextmanager
async def running(chore: Chore) -> AsyncIterator[None]:
    task = asyncio.create_task(chore.run())
    yield
    chore.stop()
    await task


async def test_nothing_is_done_until_something_is_due() -> None:
    work = Work()
    async with running(Chore(work, time.time)):
        await asyncio.sleep(0)
    assert work.done == 0


async def test_it_is_done_on_demand() -> None:
    work = Work()
    chore = Chore(work, time.time)
    async with running(chore):
        chore.now()
        await work.times.acquire()
    assert work.done == 1


async def test_it_is_done_when_it_has_become_due() -> None:
    work = Work(0.0)
    chore = Chore(work, time.time)
    async with running(chore):
        chore.by(time.time() + 0.01)
        await work.times.acquire()
        await work.times.acquire()
    assert work.done == 2


async def test_an_earlier_moment_counts_a_later_one_does_not() -> None:
    work = Work()
    chore = Chore(work, time.time)
    async with running(chore):
        chore.by(time.time() + 3600)
        chore.by(time.time() + 0.01)
        chore.by(time.time() + 3600)
        await work.times.acquire()
    assert work.done == 1


async def test_news_during_the_work_is_not_missed() -> None:
    seen: list[int] = []

    async def work() -> None:
        seen.append(len(seen))
        if len(seen) == 1:
            chore.now()
        else:
            chore.stop()

    chore = Chore(work, time.time)
    chore.now()
    await chore.run()
    assert seen == [0, 1]


async def test_a_clock_that_was_set_forward_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "LONGEST_NAP", 0.01)
    now = [0.0]
    work = Work()
    chore = Chore(work, lambda: now[0])
    async with running(chore):
        chore.by(3600)
        await asyncio.sleep(0.02)
        assert work.done == 0
        now[0] = 3600.0
        await work.times.acquire()


async def test_after_a_failure_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(chores, "AFTER_FAILURE", 0.01)
    times = 0

    async def work() -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise OSError("the disk is full")
        chore.stop()

    chore = Chore(work, time.time)
    chore.now()
    await chore.run()
    assert times == 2
    assert "tries again" in caplog.text


async def test_what_is_being_done_is_ended_when_it_is_stopped() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    ended = False

    async def work() -> None:
        nonlocal ended
        begun.set()
        await go_on.wait()
        ended = True

    chore = Chore(work, time.time)
    chore.now()
    task = asyncio.create_task(chore.run())
    await begun.wait()
    chore.stop()
    go_on.set()
    await task
    assert ended
