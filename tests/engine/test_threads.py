import threading

import pytest

from dragoman.engine.threads import LARGE, aside

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("size", "elsewhere"), [(LARGE, False), (LARGE + 1, True)])
async def test_only_large_work_is_done_in_a_thread(size: int, elsewhere: bool) -> None:
    thread = await aside(size, threading.current_thread)
    assert (thread is not threading.current_thread()) is elsewhere


async def test_what_goes_wrong_there_is_raised_here() -> None:
    with pytest.raises(ValueError, match="x"):
        await aside(LARGE + 1, int, "x")
