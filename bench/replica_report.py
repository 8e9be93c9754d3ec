"""What replicas gain and what their front costs: each side against another, round by round."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from bench import job_report, machine
from bench.job_report import JobLine
from bench.job_rounds import Measure, Pair
from bench.replica_rounds import (
    ANSWERS,
    CROWD,
    FIRST,
    FIRST_LEAST,
    FIRST_P95,
    FRONT,
    FULL,
    LONE,
    RAY,
    REPLICA,
    REPLICAS,
    SIDES,
    STREAMED,
    STREAMS,
    WORKER,
    ReplicaVisit,
)
from bench.servers import Side

TITLE = "replicas behind one address and a worker without a front, the engine limited to one core each"
NAMES = ("first", "second")
GAIN = 1.7
ADDED = 10
# Ray Serve's own streams of LLMs hold each first token back for as long: its median, and so its least, would show it.
DELAY = 50


@dataclass(frozen=True)
class Comparison:
    """A measure of one side, and the side that it is held against, if any."""

    side: Side
    against: Side | None
    measure: Measure
    """Named as the figure."""


def comparisons() -> Iterator[Comparison]:
    """Name all that is compared, in the order of the table."""
    for side, against in ((REPLICAS, WORKER), (REPLICAS, REPLICA), (REPLICA, WORKER)):
        group = f"{side.name} to {against.name}"
        gain = GAIN if side is REPLICAS else None
        for name in (ANSWERS, FULL):
            yield Comparison(side, against, Measure(group, name, "requests/s", "ratio", gain))
        yield Comparison(side, against, Measure(group, STREAMED, "tokens/s", "ratio", None))
        if against is WORKER:
            yield from _costs(side, group)


def _costs(side: Side, group: str) -> Iterator[Comparison]:
    for name, most in ((FIRST, ADDED), (FIRST_LEAST, ADDED), (FIRST_P95, DELAY)):
        yield Comparison(side, WORKER, Measure(group, name, "ms", "difference", most))
    for name, unit in ((FRONT, "CPU ms"), (RAY, "% of a core")):
        yield Comparison(side, None, Measure(group, name, unit, "value", None))


def pairs(visits: Iterable[ReplicaVisit]) -> Iterator[Pair]:
    """Put the figures of each round side by side."""
    values = {(visit.round, visit.side.name, figure.name): figure.value for visit in visits for figure in visit.figures}
    rounds = sorted({number for number, _, _ in values})
    for number in rounds:
        for each in comparisons():
            name = each.measure.name
            beside = None if each.against is None else values[number, each.against.name, name]
            yield Pair(number, each.measure, values[number, each.side.name, name], beside)


def lines(visits: Iterable[ReplicaVisit]) -> list[JobLine]:
    """Make one line a comparison."""
    return job_report.compared(pairs(visits))


def notes(visits: Sequence[ReplicaVisit]) -> list[str]:
    """Say what a reader must know beside the table."""
    if not visits:
        return []
    cores = " and ".join(map(str, sorted({core for visit in visits for core in visit.cores})))
    found = [
        f"Replicas: {CROWD} clients, or {CROWD} for each worker, want whole answers, {STREAMS} want streams; one wants"
        f" {LONE} streams a visit, for the first tokens. With {CROWD} a worker the front's processor time is taken, for"
        " each answer, and that of all of Ray's processes together.",
        "All processes of each worker were held to one core, of two workers each to its own"
        f" (cores {cores}, by turns); the front, Ray and the clients ran on any.",
    ]
    for visit in visits:
        if visit.survivors:
            left = ", ".join(visit.survivors)
            found.append(f"Round {visit.round}: {visit.side.name} had to be killed after SIGTERM: {left}.")
    noise = machine.warnings([visit.noise for visit in visits])
    return found + [f"Not a quiet machine for replicas: {warning}." for warning in noise]


def document(visits: Sequence[ReplicaVisit]) -> dict[str, object]:
    """Put together all that was measured of replicas, as a part of the benchmark's document."""
    return {
        "replicas": {
            "commands": {side.name: side.command for side in SIDES},
            "notes": notes(visits),
            "summary": [asdict(line) for line in lines(visits)],
            "visits": [asdict(visit) | {"side": visit.side.name} for visit in visits],
        }
    }
