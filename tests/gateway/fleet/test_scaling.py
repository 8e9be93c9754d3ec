import pytest

from dragoman.gateway.fleet.scaling import Decision, Scale, decide, next_decision
from dragoman.gateway.ledger import Demand
from dragoman.gateway.workers import State, WorkerView

NOW = 1000.0
NOTHING = Demand(0, 0.0)
A_JOB = Demand(1, 0.5)
AN_OLD_JOB = Demand(1, 4.0)
UP_TO_THREE = Scale(0, 3, 60)
TWO_OR_MORE = Scale(2, 4, 60)
NONE = Decision()
ONE_MORE = Decision(start=1)


def view(worker: str, state: State, idle_for: float | None = None, jobs: int = 0, leaving: bool = False) -> WorkerView:
    idle_since = None if idle_for is None else NOW - idle_for
    return WorkerView(worker, state, jobs, NOW, idle_since, leaving=leaving, managed=True)


COMING = view("coming", State.INITIALIZING)
BUSY = view("busy", State.RUNNING, jobs=1)
FRESH = view("fresh", State.IDLE, idle_for=1)
STALE = view("stale", State.IDLE, idle_for=60)
STALER = view("staler", State.IDLE, idle_for=90)
SICK = view("sick", State.UNHEALTHY)
LEAVING = view("leaving", State.IDLE, idle_for=90, leaving=True)


@pytest.mark.parametrize(
    ("scale", "demand", "workers", "decision"),
    [
        (UP_TO_THREE, NOTHING, [], NONE),
        (UP_TO_THREE, A_JOB, [], ONE_MORE),
        (UP_TO_THREE, Demand(50, 90.0), [], ONE_MORE),
        (UP_TO_THREE, AN_OLD_JOB, [COMING], NONE),
        (UP_TO_THREE, AN_OLD_JOB, [BUSY, COMING], NONE),
        (UP_TO_THREE, A_JOB, [BUSY], NONE),
        (UP_TO_THREE, AN_OLD_JOB, [BUSY], ONE_MORE),
        (UP_TO_THREE, AN_OLD_JOB, [BUSY, BUSY, BUSY], NONE),
        (UP_TO_THREE, A_JOB, [LEAVING], ONE_MORE),
        (Scale(0, 1, 60), A_JOB, [LEAVING], NONE),
        (UP_TO_THREE, A_JOB, [SICK], Decision(1, ("sick",))),
        (TWO_OR_MORE, NOTHING, [], Decision(start=2)),
        (TWO_OR_MORE, NOTHING, [COMING], ONE_MORE),
        (TWO_OR_MORE, NOTHING, [COMING, BUSY], NONE),
        (TWO_OR_MORE, NOTHING, [FRESH, LEAVING], ONE_MORE),
        (Scale(2, 2, 60), NOTHING, [FRESH, LEAVING], NONE),
        (UP_TO_THREE, NOTHING, [FRESH, BUSY], NONE),
        (UP_TO_THREE, NOTHING, [STALE, STALER, BUSY], Decision(retire=("staler", "stale"))),
        (UP_TO_THREE, NOTHING, [LEAVING], NONE),
        (Scale(1, 3, 60), NOTHING, [STALE, STALER], Decision(retire=("staler",))),
        (Scale(1, 3, 60), NOTHING, [STALE], NONE),
        (Scale(1, 3, 60), NOTHING, [STALE, COMING], NONE),
        (Scale(1, 3, 60), NOTHING, [STALE, BUSY], Decision(retire=("stale",))),
    ],
)
def test_decide(scale: Scale, demand: Demand, workers: list[WorkerView], decision: Decision) -> None:
    assert decide(scale, demand, workers, NOW) == decision


@pytest.mark.parametrize(
    ("scale", "demand", "workers", "moment"),
    [
        (UP_TO_THREE, NOTHING, [], None),
        (UP_TO_THREE, NOTHING, [BUSY], None),
        (UP_TO_THREE, NOTHING, [FRESH], NOW + 59),
        (UP_TO_THREE, A_JOB, [BUSY], NOW + 3.5),
        (UP_TO_THREE, A_JOB, [BUSY, COMING], None),
        (Scale(0, 1, 60), A_JOB, [BUSY], None),
        (UP_TO_THREE, A_JOB, [BUSY, FRESH], NOW + 3.5),
        (Scale(1, 3, 60), NOTHING, [STALE], None),
    ],
)
def test_next_decision(scale: Scale, demand: Demand, workers: list[WorkerView], moment: float | None) -> None:
    assert next_decision(scale, demand, workers, NOW) == moment
