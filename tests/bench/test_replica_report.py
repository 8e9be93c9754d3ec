import json
from io import StringIO

import pytest
from rich.console import Console

from bench import job_report, replica_report
from bench.figures import Figure
from bench.job_report import JobLine
from bench.machine import Noise
from bench.replica_rounds import REPLICA, REPLICAS, SIDES, WORKER, ReplicaVisit, Scaled

QUIET = Noise(load_average=0.0, busy=0.0)
NAMES = (
    *[("answers", "32 clients", "requests/s"), ("answers", "32 a worker", "requests/s")],
    ("streams", "8 streams", "tokens/s"),
    *[("1 client", name, "ms") for name in ("first token", "first token, least", "first token, p95")],
    *[("full load", "front", "CPU ms"), ("full load", "Ray", "% of a core")],
)
VALUES = {
    (1, WORKER): (40.0, 40.0, 2000.0, 12.0, 10.0, 20.0, 0.0, 0.0),
    (1, REPLICA): (38.0, 38.0, 1900.0, 14.0, 11.0, 25.0, 1.25, 10.0),
    (1, REPLICAS): (60.0, 72.0, 3000.0, 15.0, 11.5, 26.0, 1.5, 20.0),
    (2, REPLICAS): (50.0, 60.0, 2500.0, 70.0, 62.0, 90.0, 1.5, 22.0),
    (2, WORKER): (40.0, 40.0, 2000.0, 12.0, 10.0, 20.0, 0.0, 0.0),
    (2, REPLICA): (40.0, 40.0, 1800.0, 13.0, 10.5, 24.0, 1.75, 12.0),
}


def visit(number: int, side: Scaled, noise: Noise = QUIET, survivors: tuple[str, ...] = ()) -> ReplicaVisit:
    values = VALUES[number, side]
    figures = tuple(Figure(*name, value) for name, value in zip(NAMES, values, strict=True))
    cores = (1, 0)[: max(side.replicas, 1)]
    return ReplicaVisit(number, side, noise, cores, figures, (values[3],), survivors)


VISITS = [visit(number, side) for number, side in VALUES]


def line(side: Scaled, against: Scaled, name: str) -> JobLine:
    group = f"{side.name} to {against.name}"
    [found] = [
        each for each in replica_report.lines(VISITS) if (each.measure.group, each.measure.name) == (group, name)
    ]
    return found


def test_what_replicas_gain_is_a_ratio_of_the_same_round() -> None:
    gain = line(REPLICAS, WORKER, "32 a worker")
    assert (gain.value, gain.beside) == (66.0, 40.0)
    assert (gain.lowest, gain.compared, gain.highest) == pytest.approx((1.5, 1.65, 1.8))
    assert gain.met is False
    assert line(REPLICAS, REPLICA, "32 a worker").compared == pytest.approx((72 / 38 + 60 / 40) / 2)


def test_what_a_front_adds_is_a_difference() -> None:
    added = line(REPLICA, WORKER, "first token")
    assert (added.lowest, added.compared, added.highest) == (1.0, 1.5, 2.0)
    assert added.met is True


def test_a_first_token_that_is_held_back_shows_in_the_least_of_them() -> None:
    least = line(REPLICAS, WORKER, "first token, least")
    assert least.highest == 52.0
    assert least.met is False


def test_what_has_no_target_is_shown_alone() -> None:
    assert line(REPLICA, WORKER, "8 streams").met is None
    beside = line(REPLICA, WORKER, "front")
    assert (beside.value, beside.beside, beside.met) == (1.5, None, None)


def test_the_table_fits_a_terminal() -> None:
    console = Console(width=80, file=StringIO())
    with console.capture() as capture:
        console.print(job_report.table(replica_report.lines(VISITS), replica_report.TITLE, replica_report.NAMES))
    text = " ".join(capture.get().split())
    assert "2 replicas to one worker" in text
    assert "32 a worker (requests/s) 66.00 40.00 1.650 1.500…1.800 ≥ 1.7" in text
    assert "first token, p95 (ms) 24.50 20.00 +4.5 +4.0…+5.0 ≤ 50" in text
    assert "front (CPU ms) 1.50 1.5 1.2…1.8" in text


def test_notes_say_what_was_held_where() -> None:
    load, cores = replica_report.notes(VISITS)
    assert "32 clients" in load
    assert "held to one core" in cores
    assert "cores 0 and 1" in cores
    assert "the front, Ray and the clients ran on any" in cores
    assert replica_report.notes([]) == []


def test_notes_name_what_was_left_behind_and_what_was_loud() -> None:
    loud = visit(1, REPLICAS, Noise(load_average=99.0, busy=0.0), ("raylet (7)",))
    _, _, left, warning = replica_report.notes([loud])
    assert left == "Round 1: 2 replicas had to be killed after SIGTERM: raylet (7)."
    assert warning.startswith("Not a quiet machine for replicas")


def test_the_document_is_json() -> None:
    document = json.loads(json.dumps(replica_report.document(VISITS)))["replicas"]
    assert list(document["commands"]) == [side.name for side in SIDES]
    assert document["summary"][0]["measure"]["target"] == 1.7
    assert document["visits"][0]["first_tokens"] == [12.0]
    assert document["visits"][0]["side"] == "one worker"
    assert len(document["notes"]) == 2


def test_the_document_of_a_run_without_replicas_is_empty() -> None:
    document = replica_report.document([])["replicas"]
    assert isinstance(document, dict)
    assert (document["summary"], document["visits"], document["notes"]) == ([], [], [])
