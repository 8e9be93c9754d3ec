import asyncio
import os
import sys
from pathlib import Path

import psutil
import pytest

from bench import pinning, probes
from bench.errors import BenchError
from bench.options import Options
from bench.pinning import Worker
from bench.servers import Server, Side
from tests.bench import fake_cluster
from tests.processes import numbers, program

HERE = sorted(os.sched_getaffinity(0))
THREADS = """
import subprocess, sys, threading
thread = threading.Thread(target=threading.Event().wait, daemon=True)
thread.start()
child = subprocess.Popen(["sleep", "60"])
print(thread.native_id, child.pid, sep="\\n", flush=True)
sys.stdin.read()
"""
several_processors = pytest.mark.skipif(len(HERE) < 2, reason="there is one processor")


def siblings(directory: Path, groups: list[str]) -> Path:
    """What the kernel says of each processor, which shares its core with the others of its group."""
    for cpu, group in enumerate(groups):
        (directory / f"cpu{cpu}" / "topology").mkdir(parents=True)
        (directory / f"cpu{cpu}" / "topology" / "thread_siblings_list").write_text(f"{group}\n")
    return directory


@pytest.mark.parametrize(
    ("groups", "count", "chosen"),
    [
        (["0", "1", "2", "3"], 2, [0, 1]),
        (["0-1", "0-1", "2-3", "2-3"], 2, [0, 2]),
        (["0,2", "1,3", "0,2", "1,3"], 2, [0, 1]),
        (["0-1", "0-1"], 2, [0, 1]),
        ([], 2, [0, 1]),
    ],
)
def test_each_is_of_a_core_of_its_own_where_there_are_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, groups: list[str], count: int, chosen: list[int]
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(len(groups) or 4)))
    assert pinning.cores(count, siblings(tmp_path, groups)) == chosen


def test_only_processors_that_may_be_used_are_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 3})
    assert pinning.cores(2, siblings(tmp_path, ["0-1", "0-1", "2-3", "2-3"])) == [1, 3]


def test_too_few_processors_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {5})
    with pytest.raises(BenchError, match="2 processors are needed, and there is 1"):
        pinning.cores(2)


def test_every_thread_of_every_process_is_held() -> None:
    with program(THREADS) as process:
        thread, child = numbers(process, 2)
        worker = Worker(psutil.Process(process.pid), HERE[-1])
        worker.hold()
        worker.check()
        assert [os.sched_getaffinity(each) for each in (process.pid, thread, child)] == [{HERE[-1]}] * 3


@several_processors
def test_a_thread_elsewhere_is_an_error() -> None:
    with program(THREADS) as process:
        thread, _ = numbers(process, 2)
        worker = Worker(psutil.Process(process.pid), HERE[0])
        worker.hold()
        os.sched_setaffinity(thread, {HERE[1]})
        with pytest.raises(BenchError, match=f"left core {HERE[0]}: thread {thread}"):
            worker.check()


def test_a_worker_that_has_ended_is_an_error() -> None:
    with program("input()") as process:
        worker = Worker(psutil.Process(process.pid), HERE[0])
        process.kill()
        process.wait()
        with pytest.raises(BenchError, match="a worker has ended"):
            worker.check()


@pytest.mark.parametrize(("flags", "doormen"), [((), 1), (("--replicas", "2"), 2)])
def test_workers_are_found_by_their_server_processes(tmp_path: Path, flags: tuple[str, ...], doormen: int) -> None:
    side = Side("a fake", (sys.executable, "-m", fake_cluster.__name__, *flags), restarts=False)
    with Server(side, Options(model="mini"), tmp_path / "log") as server:
        asyncio.run(probes.first_token(server, 10))
        trees = [Worker(doorman, HERE[0]).processes() for doorman in pinning.doormen(server.family())]
    assert [len(tree) for tree in trees] == [4] * doormen
    assert not server.survivors


def test_processor_time_of_those_that_are_still_there() -> None:
    old, new = psutil.Process(), psutil.Process(1)
    assert pinning.spent({old: 1.0}, {old: 1.5, new: 2.0}) == 2.5
    assert pinning.spent({old: 1.0, new: 8.0}, {old: 1.5}) == 0.5
    assert pinning.seconds([old])[old] > 0
