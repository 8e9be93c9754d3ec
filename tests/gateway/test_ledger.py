import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.gateway.jobs import Result
from dragoman.gateway.ledger import Counts, Demand, Ledger
from dragoman.gateway.states import Status
from dragoman.gateway.terms import Terms
from tests.gateway.samples import DONE, FAILURE, job, status, submission, submit, taken

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from dragoman.errors import ConfigurationError
from dragoman.gateway.jobs import Result
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.terms import Terms
from tests.gateway.samples import DONE, submission

ledger = Ledger(sys.argv[1], Terms(), now=0)
for number in range(1_000_000):
    ledger.submit(submission(str(number)), now=number)
    if number % 2:
        ledger.take("w", 1, now=number)
        ledger.add_items(str(number // 2), "w", [b"1", b"2"], now=number)
        ledger.finish(str(number // 2), "w", DONE, now=number)
    print(number, flush=True)
"""


def test_an_unknown_job(ledger: Ledger) -> None:
    assert ledger.job("a") is None


def test_counters_outlive_the_jobs(ledger: Ledger) -> None:
    submit(ledger, "done", "failed", "late", "runs", "waits", "cancelled")
    taken(ledger, "w", most=4)
    ledger.finish("done", "w", DONE, now=1)
    ledger.finish("failed", "w", FAILURE, now=1)
    ledger.cancel("cancelled", now=1)
    ledger.sweep(now=600)
    assert ledger.counts() == Counts(in_queue=1, in_progress=0, completed=1, failed=3, retried=0)
    ledger.retry("late", now=600)
    ledger.retry("runs", now=600)
    taken(ledger, "w", now=600)
    assert ledger.counts() == Counts(in_queue=2, in_progress=1, completed=1, failed=3, retried=2)
    ledger.sweep(now=1e9)
    assert ledger.counts() == Counts(in_queue=0, in_progress=0, completed=1, failed=3, retried=2)


def test_what_the_queue_demands(ledger: Ledger) -> None:
    assert ledger.demand(now=5) == Demand(waiting=0, oldest=0)
    ledger.submit(submission("low", low_priority=True), now=5)
    assert ledger.demand(now=6) == Demand(waiting=0, oldest=0)
    submit(ledger, "a", now=7)
    submit(ledger, "b", now=8)
    assert ledger.demand(now=10) == Demand(waiting=2, oldest=3)
    taken(ledger, "w", most=2)
    assert ledger.demand(now=10) == Demand(waiting=1, oldest=2)
    assert ledger.demand(now=0) == Demand(waiting=1, oldest=0)


def test_pages_go_from_the_newest_to_the_oldest(ledger: Ledger) -> None:
    submit(ledger, "a", "b", "c", "d")
    taken(ledger, "w", most=2)
    ledger.finish("b", "w", DONE, now=1)
    first = ledger.page(None, 3, None)
    assert [job.id for job in first] == ["d", "c", "b"]
    assert [job.id for job in ledger.page(first[-1].seq, 3, None)] == ["a"]
    assert [job.id for job in ledger.page(None, 3, Status.IN_QUEUE)] == ["d", "c"]
    assert [job.id for job in ledger.page(first[0].seq, 3, Status.IN_QUEUE)] == ["c"]
    assert ledger.page(None, 3, Status.FAILED) == []


def test_pages_are_without_payloads(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w")
    ledger.finish("a", "w", FAILURE, now=1)
    (listed,) = ledger.page(None, 1, None)
    assert (listed.input, listed.output, listed.error) == (b"", None, "it broke")


def test_pages_are_short_though_errors_are_long(ledger: Ledger) -> None:
    submit(ledger, "a")
    taken(ledger, "w")
    ledger.finish("a", "w", Result(None, "x" * 10_000), now=1)
    assert (ledger.page(None, 1, None)[0].error, job(ledger, "a").error) == ("x" * 1000, "x" * 10_000)


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "jobs.db", Terms(), now=0)
    submit(ledger, "done", "runs", "waits")
    taken(ledger, "w", most=2)
    ledger.add_items("runs", "w", [b"1", b"2"], now=1)
    ledger.drain("runs", 1)
    ledger.finish("done", "w", DONE, now=1)
    before = (ledger.page(None, 9, None), ledger.counts())
    ledger.close()
    ledger = Ledger(tmp_path / "jobs.db", Terms(), now=2)
    assert (ledger.page(None, 9, None), ledger.counts()) == before
    assert (job(ledger, "done").output, ledger.drain("runs", 9)) == (b'"done"', [b"2"])
    ledger.close()


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as writer:
        assert writer.stdout
        acknowledged = [int(writer.stdout.readline()) for _ in range(300)]
        writer.kill()
        acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
    assert path.with_name("jobs.db-wal").stat().st_size > 0
    ledger = Ledger(path, Terms(), now=0)
    last = acknowledged[-1]
    assert {number for number in acknowledged if status(ledger, str(number)) is None} == set()
    finished = range((last + 1) // 2)
    assert {status(ledger, str(number)) for number in finished} == {"COMPLETED"}
    assert {tuple(ledger.drain(str(number), 9)) for number in finished} == {(b"1", b"2")}
    ledger.close()


@pytest.mark.parametrize("name", ["plain", "nested/in/new directories"])
def test_the_file_is_made_for_its_owner_only(tmp_path: Path, name: str) -> None:
    ledger = Ledger(tmp_path / name, Terms(), now=0)
    submit(ledger, "a")
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    ledger.close()


def test_a_copy_taken_at_any_moment_is_whole(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "jobs.db", Terms(), now=0)
    submit(ledger, "a", "b")
    taken(ledger, "w")
    (tmp_path / "copy").mkdir()
    for file in tmp_path.glob("jobs.db*"):
        shutil.copy(file, tmp_path / "copy")
    ledger.close()
    copy = Ledger(tmp_path / "copy" / "jobs.db", Terms(), now=1)
    assert (status(copy, "a"), status(copy, "b")) == ("IN_PROGRESS", "IN_QUEUE")
    copy.close()


def test_a_damaged_file_is_not_served(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    Ledger(path, Terms(), now=0).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"x" * (len(whole) - 4096))
    with pytest.raises(ConfigurationError, match="database disk image is malformed"):
        Ledger(path, Terms(), now=0)


def test_ten_thousand_jobs(ledger: Ledger) -> None:
    submit(ledger, *(str(number) for number in range(10_000)))
    order = []
    while jobs := ledger.take("w", 100, now=1):
        order += [int(each.id) for each in jobs]
        for each in jobs:
            ledger.finish(each.id, "w", DONE, now=2)
        ledger.demand(now=2)
        ledger.next_sweep()
    assert order == list(range(10_000))
    assert ledger.counts().completed == 10_000
    assert len(ledger.sweep(now=1e9)) == 10_000
