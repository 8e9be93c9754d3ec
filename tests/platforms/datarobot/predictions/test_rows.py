import asyncio
from collections.abc import Iterator

import pytest

from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.predictions.rows import at_once

pytestmark = pytest.mark.anyio


async def test_results_are_in_the_order_of_the_rows_whenever_they_come() -> None:
    last = asyncio.Event()

    async def ask(number: int, row: str) -> str:
        if number == 3:
            last.set()
        await last.wait()
        return f"{number}{row}"

    assert await at_once("abc", ask, places=3) == ["1a", "2b", "3c"]


async def test_no_rows_have_no_results() -> None:
    async def ask(number: int, row: str) -> str:
        raise NotImplementedError

    assert await at_once("", ask, places=3) == []


async def test_rows_are_taken_when_there_is_a_place_for_them() -> None:
    taken: list[int] = []
    under_way, ahead = 0, 0

    def rows() -> Iterator[int]:
        for row in range(1000):
            taken.append(row)
            yield row

    async def ask(number: int, row: int) -> int:
        nonlocal under_way, ahead
        under_way += 1
        assert under_way <= 4
        ahead = max(ahead, len(taken) - number)
        await asyncio.sleep(0)
        under_way -= 1
        return row

    assert await at_once(rows(), ask, places=4) == list(range(1000))
    assert ahead <= 4


async def test_a_row_that_fails_ends_all_others_and_is_named() -> None:
    ended: list[int] = []

    async def ask(number: int, row: str) -> str:
        if number == 3:
            raise DrumError("Error code: 503 - busy", 503)
        try:
            return await asyncio.Future()
        finally:
            ended.append(number)

    with pytest.raises(DrumError, match=r"^row 3: Error code: 503 - busy$") as failed:
        await at_once("abcdefgh", ask, places=5)
    assert failed.value.status == 503
    assert sorted(ended) == [1, 2, 4, 5]


async def test_of_rows_that_fail_together_the_first_in_order_says_how() -> None:
    both = asyncio.Barrier(2)

    async def ask(number: int, row: str) -> str:
        await both.wait()
        raise DrumError(f"no {row}", 400 + number)

    with pytest.raises(DrumError, match=r"^row 1: no a; row 2: no b$") as failed:
        await at_once("ab", ask, places=2)
    assert failed.value.status == 401


async def test_what_the_engine_calls_a_bad_request_is_drums_bad_payload() -> None:
    async def ask(number: int, row: str) -> str:
        raise DrumError("Error code: 400 - too long", 400)

    with pytest.raises(DrumError, match=r"^Bad payload: row 1: Error code: 400 - too long$"):
        await at_once("a", ask, places=1)


async def test_only_some_of_many_failures_are_told() -> None:
    all_of_them = asyncio.Barrier(12)

    async def ask(number: int, row: str) -> str:
        await all_of_them.wait()
        raise DrumError("no")

    with pytest.raises(DrumError, match=r"row 10: no; and 2 more$"):
        await at_once("abcdefghijkl", ask, places=12)


async def test_rows_that_cannot_be_taken_fail_as_themselves() -> None:
    def rows() -> Iterator[str]:
        yield "a"
        raise DrumError("no such column")

    async def ask(number: int, row: str) -> str:
        return await asyncio.Future()

    with pytest.raises(DrumError, match=r"^no such column$"):
        await at_once(rows(), ask, places=2)


async def test_a_client_that_leaves_ends_all_rows() -> None:
    ended: list[int] = []
    begun = asyncio.Barrier(4)

    async def ask(number: int, row: str) -> str:
        await begun.wait()
        try:
            return await asyncio.Future()
        finally:
            ended.append(number)

    work = asyncio.create_task(at_once("abc", ask, places=3))
    await begun.wait()
    work.cancel()
    await asyncio.wait([work])
    assert sorted(ended) == [1, 2, 3]
