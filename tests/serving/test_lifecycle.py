import pytest

from dragoman.serving.lifecycle import Lifecycle, Status
from tests.clock import Clock


@pytest.fixture
def lifecycle(clock: Clock) -> Lifecycle:
    return Lifecycle(launched=97.54)


def test_it_starts_at_the_launch(lifecycle: Lifecycle) -> None:
    assert lifecycle.snapshot() == {"status": "starting", "phase": "launching", "seconds": 2.5}


def test_a_phase_does_not_start_the_time_anew(lifecycle: Lifecycle, clock: Clock) -> None:
    lifecycle.enter(Status.STARTING, "loading")
    clock.now += 1
    assert lifecycle.snapshot() == {"status": "starting", "phase": "loading", "seconds": 3.5}


def test_another_status_starts_the_time_anew(lifecycle: Lifecycle, clock: Clock) -> None:
    lifecycle.enter(Status.READY)
    clock.now += 1
    assert lifecycle.snapshot() == {"status": "ready", "phase": "ready", "seconds": 1.0}


def test_a_start_that_is_over_is_told(lifecycle: Lifecycle) -> None:
    lifecycle.boot = {"total": 9.4}
    assert lifecycle.snapshot() == {"status": "starting", "phase": "launching", "seconds": 2.5, "boot": {"total": 9.4}}


@pytest.mark.parametrize(
    ("status", "total"),
    [
        (Status.STARTING, 2.5),
        (Status.READY, 9.4),
        (Status.WAITING, 9.4),
        (Status.RESTARTING, 2.5),
        (Status.DRAINING, 9.4),
    ],
)
def test_a_start_that_is_under_way_is_told_as_far_as_it_is(lifecycle: Lifecycle, status: Status, total: float) -> None:
    lifecycle.boot = {"total": 9.4}
    lifecycle.start = lambda: {"total": 2.5}
    lifecycle.enter(status)
    assert lifecycle.snapshot()["boot"] == {"total": total}


@pytest.mark.parametrize("status", Status)
def test_only_a_ready_one_is_ready(lifecycle: Lifecycle, status: Status) -> None:
    lifecycle.enter(status)
    assert lifecycle.ready is (status is Status.READY)


def test_a_ready_one_waits_while_the_engine_does_not_answer(lifecycle: Lifecycle, clock: Clock) -> None:
    lifecycle.enter(Status.READY)
    clock.now += 5
    assert not lifecycle.follow(healthy=False)
    clock.now += 2
    assert not lifecycle.follow(healthy=False)
    assert lifecycle.snapshot() == {"status": "waiting", "phase": "the engine does not answer", "seconds": 2.0}
    assert lifecycle.follow(healthy=True)
    assert lifecycle.status is Status.READY


@pytest.mark.parametrize("status", [Status.STARTING, Status.DRAINING, Status.RESTARTING])
def test_a_well_engine_makes_nothing_else_ready(lifecycle: Lifecycle, status: Status) -> None:
    lifecycle.enter(status)
    assert not lifecycle.follow(healthy=True)
    assert lifecycle.status is status
