import asyncio
from math import inf

import pytest

from dragoman.gateway.stops import Stops

pytestmark = pytest.mark.anyio


@pytest.fixture
def stops() -> Stops:
    return Stops()


async def told(stops: Stops, worker: str = "w") -> list[str]:
    """What the worker is told at once."""
    return await stops.wait(worker, until=0)


async def test_a_signal_is_kept_until_the_worker_asks(stops: Stops) -> None:
    stops.add("w", ["a", "b"])
    stops.add("w", ["c"])
    assert await told(stops) == ["a", "b", "c"]


async def test_a_signal_is_told_once(stops: Stops) -> None:
    stops.add("w", ["a"])
    assert await told(stops) == ["a"]
    assert await told(stops) == []


async def test_a_signal_can_be_given_again(stops: Stops) -> None:
    stops.add("w", ["a"])
    assert await told(stops) == ["a"]
    stops.add("w", ["a", "a"])
    assert await told(stops) == ["a"]


async def test_a_worker_that_waits_is_told_at_once(stops: Stops) -> None:
    waiting = asyncio.create_task(stops.wait("w", inf))
    await asyncio.sleep(0)
    stops.add("other", ["b"])
    stops.add("w", ["a"])
    assert await waiting == ["a"]


async def test_a_wait_that_is_cancelled_takes_nothing(stops: Stops) -> None:
    waiting = asyncio.create_task(stops.wait("w", inf))
    await asyncio.sleep(0)
    stops.add("w", ["a"])
    waiting.cancel()
    await asyncio.wait([waiting])
    assert await told(stops) == ["a"]


async def test_a_released_wait_ends_with_nothing(stops: Stops) -> None:
    waiting = asyncio.create_task(stops.wait("w", inf))
    other = asyncio.create_task(stops.wait("other", inf))
    await asyncio.sleep(0)
    stops.release("w")
    assert await waiting == []
    stops.release_all()
    assert await other == []


async def test_what_needs_no_stop_any_more_is_not_told(stops: Stops) -> None:
    stops.add("w", ["a", "b"])
    stops.discard("w", "a")
    stops.discard("w", "unknown")
    assert await told(stops) == ["b"]


async def test_nothing_is_kept_for_workers_that_have_gone_or_been_told(stops: Stops) -> None:
    stops.add("w", [])
    stops.add("w", ["a"])
    stops.add("v", ["a"])
    stops.add("u", ["a"])
    stops.forget("w")
    stops.discard("v", "a")
    await told(stops, "u")
    assert len(stops) == 0
