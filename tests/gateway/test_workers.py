import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest

from dragoman.gateway.workers import State, Workers, WorkerView

LOST_AFTER = 30.0
Deed = Callable[[Workers], None]


class Clock:
    """Tells what it is set to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workers(clock: Clock) -> Workers:
    return Workers(LOST_AFTER, clock)


def only(workers: Workers) -> WorkerView:
    (view,) = workers.view()
    return view


def leave_poll(workers: Workers, worker: str = "w") -> None:
    """The worker's poll ends because the worker has gone."""
    with suppress(asyncio.CancelledError), workers.polling(worker):
        raise asyncio.CancelledError


def poll(workers: Workers, worker: str = "w") -> None:
    """The worker's poll is answered."""
    with workers.polling(worker):
        pass


@pytest.mark.parametrize(
    ("deeds", "state"),
    [
        ([lambda w: w.expect("w")], State.INITIALIZING),
        ([lambda w: w.expect("w"), lambda w: w.contact("w")], State.IDLE),
        ([lambda w: w.contact("w", pings=True)], State.IDLE),
        ([poll], State.IDLE),
        ([poll, lambda w: w.begin("w", "a")], State.RUNNING),
        ([poll, lambda w: w.begin("w", "a"), lambda w: w.end("a")], State.IDLE),
        ([poll, lambda w: w.begin("w", "a"), lambda w: w.begin("w", "b"), lambda w: w.end("a")], State.RUNNING),
        ([poll, lambda w: w.begin("w", "a"), lambda w: w.contact("w", problem="no GPU")], State.UNHEALTHY),
        ([lambda w: w.contact("w", problem="no GPU"), lambda w: w.contact("w")], State.IDLE),
        ([lambda w: w.contact("w", problem="no GPU"), poll], State.IDLE),
    ],
)
def test_a_workers_state_follows_from_what_it_does(workers: Workers, deeds: list[Deed], state: State) -> None:
    for deed in deeds:
        deed(workers)
    assert only(workers).state is state


def test_what_a_worker_has_told_is_kept(workers: Workers) -> None:
    workers.contact("w", pings=True, version="1.10.0")
    workers.contact("w")
    assert only(workers) == WorkerView("w", State.IDLE, 0, 100.0, 100.0, version="1.10.0", pings=True)


def test_a_worker_is_idle_since_it_came_or_since_its_last_job_ended(workers: Workers, clock: Clock) -> None:
    workers.expect("w")
    assert only(workers).idle_since is None
    clock.now = 110
    poll(workers)
    clock.now = 120
    poll(workers)
    assert only(workers).idle_since == 110
    workers.begin("w", "a")
    assert only(workers).idle_since is None
    clock.now = 130
    workers.end("a")
    assert only(workers).idle_since == 130


def test_a_job_is_at_one_worker_at_a_time(workers: Workers) -> None:
    workers.begin("w", "a")
    workers.begin("v", "a")
    assert workers.running() == {"v": 1}
    workers.end("a")
    workers.end("a")
    assert workers.running() == {}


def test_the_jobs_of_a_forgotten_worker_are_at_none(workers: Workers) -> None:
    workers.begin("w", "a")
    workers.forget("w")
    workers.forget("w")
    workers.end("a")
    assert (workers.running(), workers.view(), "w" in workers) == ({}, (), False)


def test_a_leaving_worker_takes_no_jobs(workers: Workers) -> None:
    assert workers.takes("w")
    poll(workers)
    workers.leave("w")
    poll(workers)
    assert not workers.takes("w")
    assert only(workers).leaving


def test_an_unhealthy_worker_takes_no_jobs(workers: Workers) -> None:
    workers.contact("w", pings=True, problem="no GPU")
    assert not workers.takes("w")


@pytest.mark.parametrize(("managed", "pause", "leaving"), [(False, 1.5, True), (False, 2.5, False), (True, 600, True)])
def test_a_worker_that_comes_again_after_it_has_left_is_a_new_one(
    workers: Workers, clock: Clock, managed: bool, pause: float, leaving: bool
) -> None:
    if managed:
        workers.expect("w")
    clock.now += 1000
    workers.leave("w")
    clock.now += pause
    poll(workers)
    assert only(workers).leaving is leaving


def test_an_open_poll_is_no_pause(workers: Workers, clock: Clock) -> None:
    with workers.polling("w"):
        workers.leave("w")
        clock.now += 100
        poll(workers)
        assert only(workers).leaving


def test_who_has_never_pinged_is_alive_by_any_contact(workers: Workers, clock: Clock) -> None:
    for name in ("polling", "silent", "pinging"):
        poll(workers, name)
        workers.begin(name, name)
    workers.contact("pinging", pings=True)
    poll(workers, "idle")
    workers.begin("from before the restart", "a")
    clock.now = 120
    with workers.polling("polling"):
        assert workers.unpinged() == [("polling", 120.0), ("silent", 100.0)]


@pytest.mark.parametrize(
    ("deeds", "dropped"),
    [
        ([poll], ["w"]),
        ([lambda w: w.contact("w", pings=True)], ["w"]),
        ([poll, lambda w: w.begin("w", "a")], []),
        ([poll, lambda w: w.expect("w")], []),
    ],
)
def test_who_is_silent_for_too_long_is_dropped(
    workers: Workers, clock: Clock, deeds: list[Deed], dropped: list[str]
) -> None:
    for deed in deeds:
        deed(workers)
    clock.now += LOST_AFTER - 1
    assert workers.drop_silent() == []
    clock.now += 1
    assert workers.drop_silent() == dropped


def test_an_open_poll_is_no_silence(workers: Workers, clock: Clock) -> None:
    with workers.polling("w"):
        clock.now += 1000
        assert workers.drop_silent() == []
    assert only(workers).seen_at == clock.now


def test_the_next_silence_is_that_of_the_one_heard_of_first(workers: Workers, clock: Clock) -> None:
    assert workers.next_silence() is None
    with ExitStack() as polls:
        polls.enter_context(workers.polling("polling"))
        assert workers.next_silence() is None
        clock.now = 110
        poll(workers, "first")
        clock.now = 120
        poll(workers, "second")
        assert workers.next_silence() == 110 + LOST_AFTER
        clock.now = 110 + LOST_AFTER
        assert workers.next_silence() == 120 + LOST_AFTER


def test_a_silent_worker_that_is_not_dropped_is_unhealthy(workers: Workers, clock: Clock) -> None:
    workers.expect("w")
    clock.now += 1000
    assert only(workers).state is State.INITIALIZING
    poll(workers)
    clock.now += LOST_AFTER
    assert only(workers).state is State.UNHEALTHY
    assert "heard of" in (only(workers).problem or "")


@pytest.mark.parametrize(
    ("deeds", "cut_off"),
    [
        ([poll], False),
        ([leave_poll], True),
        ([leave_poll, lambda w: w.contact("w", pings=True)], True),
        ([leave_poll, lambda w: w.contact("w")], False),
        ([leave_poll, poll], False),
    ],
)
def test_who_has_left_its_poll_and_only_pings_is_cut_off(workers: Workers, deeds: list[Deed], cut_off: bool) -> None:
    for deed in deeds:
        deed(workers)
    assert workers.believed("w", ["a"]) == ([] if cut_off else ["a"])


@pytest.mark.parametrize(
    ("deeds", "believed"),
    [
        ([poll], ["b"]),
        ([poll, lambda w: w.prove("w", "a")], ["a", "b"]),
        ([poll, lambda w: w.begin("w", "a")], ["a", "b"]),
        ([poll, lambda w: w.end("a")], ["a", "b"]),
    ],
)
def test_jobs_from_before_the_cut_need_more_than_pings(
    workers: Workers, deeds: list[Deed], believed: list[str]
) -> None:
    workers.begin("w", "a")
    leave_poll(workers)
    for deed in deeds:
        deed(workers)
    workers.begin("w", "b")
    assert workers.believed("w", ["a", "b"]) == believed


def test_who_has_another_poll_open_is_not_cut_off(workers: Workers) -> None:
    with workers.polling("w"):
        leave_poll(workers)
        assert workers.believed("w", ["a"]) == ["a"]


def test_who_only_pings_for_long_is_unhealthy(workers: Workers, clock: Clock) -> None:
    leave_poll(workers)
    for _ in range(4):
        clock.now += LOST_AFTER / 4
        workers.contact("w", pings=True)
    assert workers.drop_silent() == []
    assert only(workers).state is State.UNHEALTHY
    assert "only its pings" in (only(workers).problem or "")


def test_it_is_known_when_pings_alone_will_not_do_any_more(workers: Workers, clock: Clock) -> None:
    leave_poll(workers)
    clock.now += 10
    workers.contact("w", pings=True)
    assert workers.next_silence() == 100 + LOST_AFTER


@pytest.mark.parametrize(
    ("deeds", "shown"),
    [
        ([], True),
        ([lambda w: w.expect("own")], True),
        ([lambda w: w.expect("own"), lambda w: poll(w, "own")], False),
        ([lambda w: w.expect("own"), lambda w: w.contact("own")], False),
        ([lambda w: poll(w, "somebody's")], True),
        ([lambda w: poll(w, "from before")], True),
    ],
)
def test_who_never_came_is_shown_until_another_one_of_the_fleet_comes(
    workers: Workers, deeds: list[Deed], shown: bool
) -> None:
    workers.expect("from before")
    poll(workers, "from before")
    workers.show_failure("failed", "no GPU")
    for deed in deeds:
        deed(workers)
    failure = WorkerView("failed", State.UNHEALTHY, 0, 100.0, problem="no GPU", managed=True, ended=True)
    assert (failure in workers.view()) is shown


def test_who_never_came_is_shown_for_ten_minutes_at_most(workers: Workers, clock: Clock) -> None:
    workers.show_failure("failed", "no GPU")
    assert workers.next_silence() == 700
    clock.now = 699
    workers.drop_silent()
    assert len(workers.view()) == 1
    clock.now = 700
    workers.drop_silent()
    assert (workers.view(), workers.next_silence()) == ((), None)
