from dragoman.serving.queue.patience import ENDS, HOLDS, Patience
from tests.clock import Clock


def shown(clock: Clock, *ends: tuple[int, float, bool]) -> Patience:
    """What is known after so many ends, each after so many seconds, with an answer or without one."""
    patience = Patience(clock.monotonic)
    for count, seconds, answered in ends:
        for _ in range(count):
            patience.end(seconds, answered=answered)
    return patience


def test_half_of_all_leave_after_three_seconds() -> None:
    assert shown(Clock(), (ENDS // 2, 1, True), (ENDS // 2, 3, False)).seconds == 3


def test_some_leave_always() -> None:
    assert shown(Clock(), (ENDS, 1, True), (ENDS // 2 - 1, 3, False)).seconds is None


def test_few_ends_tell_nothing() -> None:
    assert shown(Clock(), (ENDS - 1, 3, False)).seconds is None


def test_one_who_leaves_at_once_says_nothing_of_the_others() -> None:
    assert shown(Clock(), (1, 0.01, False), (ENDS - 1, 3, False)).seconds == 3


def test_it_holds_for_a_minute() -> None:
    clock = Clock()
    patience = shown(clock, (ENDS, 3, False), (ENDS, 1, True))
    assert patience.seconds == 3
    clock.now += HOLDS
    assert patience.seconds is None
