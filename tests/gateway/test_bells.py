import asyncio

import pytest

from dragoman.gateway.bells import Bells, News

pytestmark = pytest.mark.anyio


@pytest.fixture
def bells() -> Bells:
    return Bells()


async def test_a_listener_is_woken(bells: Bells) -> None:
    with bells.listen("job") as bell:
        waiting = asyncio.create_task(bell.rung())
        await asyncio.sleep(0)
        bells.ring("job")
        assert await waiting


async def test_what_was_rung_before_the_wait_is_not_missed(bells: Bells) -> None:
    with bells.listen("job") as bell:
        bells.ring("job", News.OVER)
        assert await bell.rung()
        assert bell.heard == {News.OVER}


async def test_each_wait_is_for_a_new_ring(bells: Bells) -> None:
    with bells.listen("job") as bell:
        bells.ring("job")
        bells.ring("job")
        assert await bell.rung()
        assert not await bell.rung(until=0)


async def test_only_those_hear_it_whom_it_concerns(bells: Bells) -> None:
    with bells.listen("one") as one, bells.listen("one") as another, bells.listen("two") as other:
        bells.ring("one")
        assert [bell.heard for bell in (one, another, other)] == [{News.MORE}, {News.MORE}, set()]


async def test_everybody_can_be_woken(bells: Bells) -> None:
    with bells.listen("one") as one, bells.listen("two") as two:
        bells.ring_all(News.OVER)
        assert one.heard == two.heard == {News.OVER}


async def test_nothing_is_kept_of_listeners_that_have_gone(bells: Bells) -> None:
    with bells.listen("job"):
        with bells.listen("job"):
            assert len(bells) == 1
        assert len(bells) == 1
    bells.ring("job")
    assert len(bells) == 0
