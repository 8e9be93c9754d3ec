import asyncio
from collections.abc import Iterable, Sequence

import pytest

from dragoman.platforms.runpod.jobs.batches import Batches, Sizes
from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.feed import Feed

pytestmark = pytest.mark.anyio


class Letters:
    """Every byte of an event is a part; an item has all of them."""

    def parts(self, event: bytes) -> Iterable[tuple[str, int]]:
        return [(letter, 1) for letter in event.decode()]

    def item(self, parts: Sequence[str]) -> str:
        return "".join(parts)

    def whole(self, answer: object) -> object:
        return answer

    def last_words(self, error: JobError) -> None:
        pass


def feed(size: int = 1, delay: float = 0) -> Feed[str]:
    return Feed(Batches(Sizes(size, size, 1), delay), Letters())


async def test_what_has_come_is_there_in_order_and_then_what_was_said_last() -> None:
    letters = feed(size=2)
    letters.add(b"abc")
    letters.end("last", "of all")
    assert [item async for item in letters] == ["ab", "c", "last", "of all"]


async def test_who_waits_gets_what_comes() -> None:
    letters = feed()
    waiting = asyncio.ensure_future(anext(letters))
    await asyncio.sleep(0)
    letters.add(b"a")
    assert await waiting == "a"


async def test_who_waits_for_a_full_batch_gets_what_there_is_after_the_delay() -> None:
    letters = feed(size=50, delay=0.001)
    waiting = asyncio.ensure_future(anext(letters))
    await asyncio.sleep(0)
    letters.add(b"a")
    assert await waiting == "a"


async def test_a_batch_that_fills_is_not_kept_until_the_delay_is_over() -> None:
    letters = feed(size=2, delay=3600)
    letters.add(b"a")
    waiting = asyncio.ensure_future(anext(letters))
    await asyncio.sleep(0)
    letters.add(b"b")
    assert await waiting == "ab"


async def test_who_waits_at_the_end_is_told() -> None:
    letters = feed()
    waiting = asyncio.ensure_future(anext(letters))
    await asyncio.sleep(0)
    letters.end()
    with pytest.raises(StopAsyncIteration):
        await waiting


async def test_only_the_first_end_counts() -> None:
    letters = feed()
    letters.add(b"a")
    letters.end("first")
    letters.drop("second")
    assert letters.ended
    assert [item async for item in letters] == ["a", "first"]


async def test_what_is_dropped_is_gone() -> None:
    letters = feed()
    letters.add(b"a")
    letters.drop("dropped")
    assert [item async for item in letters] == ["dropped"]
