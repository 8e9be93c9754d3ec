import pytest

from dragoman.serving.queue.pace import FEWEST, Pace
from tests.clock import Clock


def measured(clock: Clock, ends: int, apart: float) -> Pace:
    pace = Pace(clock.monotonic)
    pace.begin()
    for _ in range(ends):
        clock.now += apart
        pace.end()
    return pace


def test_what_is_done_in_half_a_second_takes_ten_times_as_long_for_twenty() -> None:
    assert measured(Clock(), FEWEST, 0.5).seconds(20) == 10


def test_few_ends_tell_nothing() -> None:
    pace = measured(Clock(), FEWEST - 1, 0.5)
    assert pace.seconds(20) is None
    assert pace.pause(20) == 1


def test_an_engine_that_has_stopped_ending_requests_is_slow() -> None:
    clock = Clock()
    pace = measured(clock, FEWEST, 0.5)
    clock.now += 4
    assert pace.seconds(20) == 20


def test_what_was_before_nobody_waited_does_not_count() -> None:
    clock = Clock()
    pace = measured(clock, FEWEST, 100)
    pace.begin()
    assert pace.seconds(1) is None


@pytest.mark.parametrize(("requests", "seconds"), [(1, 1), (3, 2), (20, 10), (1000, 60)])
def test_a_pause_is_whole_seconds_up_to_a_minute(requests: int, seconds: int) -> None:
    assert measured(Clock(), FEWEST, 0.5).pause(requests) == seconds
