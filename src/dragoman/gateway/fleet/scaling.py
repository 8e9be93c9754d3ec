"""How many workers there should be: a decision made of what is known, and nothing else."""

from collections.abc import Collection
from dataclasses import dataclass

from dragoman.gateway.ledger import Demand
from dragoman.gateway.workers import State, WorkerView

# RunPod's default: one more worker when a job has waited for longer.
QUEUE_DELAY = 4.0


@dataclass(frozen=True)
class Scale:
    """How many workers there may be.

    Attributes:
        least: kept running, whether there is work or not.
        most: never exceeded, workers that are ending included: they still hold their memory.
        idle_timeout: seconds without a job after which a worker above ``least`` goes.
    """

    least: int = 0
    most: int = 1
    idle_timeout: float = 60.0


@dataclass(frozen=True)
class Decision:
    """What is to be done about the workers now.

    Attributes:
        start: how many to start.
        retire: the ids of those to hand no more jobs, and to end.
    """

    start: int = 0
    retire: tuple[str, ...] = ()


def decide(scale: Scale, demand: Demand, workers: Collection[WorkerView], now: float) -> Decision:
    """Return what to do about the workers.

    Args:
        scale: the limits.
        demand: the jobs that wait.
        workers: all that have a process, those that are ending too.
        now: the moment, on the clock of the workers' times.
    """
    return Decision(_missing(scale, demand, workers), _dispensable(scale, workers, now))


def next_decision(scale: Scale, demand: Demand, workers: Collection[WorkerView], now: float) -> float | None:
    """Return the moment at which time alone could change the decision; None where it cannot."""
    moments = [_dispensable_at(scale, worker) for worker in _idle(workers)]
    if _could_grow(scale, demand, workers):
        moments.append(now + QUEUE_DELAY - demand.oldest)
    return min((moment for moment in moments if moment > now), default=None)


def _missing(scale: Scale, demand: Demand, workers: Collection[WorkerView]) -> int:
    room = scale.most - len(workers)
    missing = scale.least - len(_sound(workers))
    if missing > 0:
        return min(missing, room)
    urgent = demand.oldest >= QUEUE_DELAY or not _sound(workers)
    return int(urgent and _could_grow(scale, demand, workers))


def _could_grow(scale: Scale, demand: Demand, workers: Collection[WorkerView]) -> bool:
    """Return whether one more worker would help and may be, now or when the jobs have waited for longer."""
    coming = any(worker.state is State.INITIALIZING for worker in _sound(workers))
    return demand.waiting > 0 and not coming and len(workers) < scale.most


def _dispensable(scale: Scale, workers: Collection[WorkerView], now: float) -> tuple[str, ...]:
    """Return the unhealthy, and of those above the least number the ones that have been idle for the longest time."""
    unhealthy = [worker for worker in workers if not worker.leaving and worker.state is State.UNHEALTHY]
    ready = [worker for worker in _sound(workers) if worker.state is not State.INITIALIZING]
    over = [worker for worker in _idle(workers) if _dispensable_at(scale, worker) <= now]
    longest = sorted(over, key=lambda worker: _dispensable_at(scale, worker))
    surplus = max(0, len(ready) - scale.least)
    return tuple(worker.id for worker in (*unhealthy, *longest[:surplus]))


def _sound(workers: Collection[WorkerView]) -> list[WorkerView]:
    return [worker for worker in workers if not worker.leaving and worker.state is not State.UNHEALTHY]


def _idle(workers: Collection[WorkerView]) -> list[WorkerView]:
    return [worker for worker in _sound(workers) if worker.state is State.IDLE and worker.idle_since is not None]


def _dispensable_at(scale: Scale, worker: WorkerView) -> float:
    return (worker.idle_since or 0.0) + scale.idle_timeout
