import pytest

from dragoman.serving.queue.queueing import Queueing

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("slots", "max_queue", "running", "waiting"),
    [(256, None, 288, 1024), (1024, None, 1152, 4096), (1, None, 9, 256), (16, 5, 24, 5), (16, 0, 24, 0)],
)
async def test_how_many_places_there_are(slots: int, max_queue: int | None, running: int, waiting: int) -> None:
    places = Queueing(max_queue=max_queue).places(slots)
    for _ in range(running + waiting):
        places.ask(None)
    assert (places.taken, places.waiting) == (running, waiting)
    with pytest.raises(Exception, match="as many requests waiting"):
        places.ask(None)


@pytest.mark.parametrize(("of_dialect", "timeout"), [((), 5), (("request_timeout",), None)])
def test_a_dialect_may_time_requests_itself(of_dialect: tuple[str, ...], timeout: float | None) -> None:
    settings = {"max_queue": 3, "request_timeout": 5}
    assert Queueing.of(settings.__getitem__, of_dialect) == Queueing(max_queue=3, request_timeout=timeout)
