import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.gateway import schema
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.states import Status
from tests.gateway.samples import FAILURE, submission, taken

HOLDER = """
import sys
from pathlib import Path
from dragoman.gateway import schema
connection = schema.connect(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""

NOBODY = 65534
"""Whom a test becomes that root runs: root may write everywhere."""


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory of whoever runs the test, who is not root."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        if root:
            os.chown(name, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, 0)
        try:
            yield Path(name)
        finally:
            if root:
                os.setresuid(0, 0, 0)


def directory(path: Path) -> None:
    path.mkdir()


def text(path: Path) -> None:
    path.write_text("No database.\n" * 100)


def another_programs(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE jobs (id)")
    connection.close()


def newer(path: Path) -> None:
    connection = schema.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (directory, "The jobs cannot be kept in {path}: it is a directory. Name a file."),
        (text, "{path} is not a database. Choose another file."),
        (another_programs, "{path} is a database of another program. Choose another file."),
        (newer, "{path} was written by a newer Dragoman. Use that one, or choose another file."),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    path = tmp_path / "jobs.db"
    make(path)
    before = None if path.is_dir() else path.read_bytes()
    with pytest.raises(ConfigurationError) as error:
        schema.connect(path)
    assert str(error.value) == problem.format(path=path)
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("file/jobs.db", "{parent} is not a directory"),
        ("file/nested/jobs.db", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
    ids=["under a file", "deeper under a file", "too long a name"],
)
def test_places_where_no_file_can_be(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / name
    with pytest.raises(ConfigurationError) as error:
        schema.connect(path)
    assert str(error.value) == f"The jobs cannot be kept in {path}: {reason.format(parent=path.parent)}."


def test_a_directory_that_cannot_be_written(unprivileged: Path) -> None:
    unprivileged.chmod(0o500)
    with pytest.raises(ConfigurationError, match=r"jobs.db: Permission denied\.$"):
        schema.connect(unprivileged / "jobs.db")


def test_a_file_that_cannot_be_written(unprivileged: Path) -> None:
    path = unprivileged / "jobs.db"
    schema.connect(path).close()
    path.chmod(0o400)
    with pytest.raises(ConfigurationError, match=r"jobs.db: it may not be written\.$"):
        schema.connect(path)


def test_a_file_in_use(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    holder = schema.connect(path)
    with pytest.raises(ConfigurationError) as error:
        schema.connect(path)
    assert str(error.value) == f"{path} is in use by another gateway. Stop that one, or choose another file with --db."
    holder.close()
    schema.connect(path).close()


def test_a_file_in_use_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(ConfigurationError, match="in use by another gateway"):
            schema.connect(path)
        holder.kill()
    schema.connect(path).close()


def test_no_query_of_the_ledger_reads_a_table_from_end_to_end(ledger: Ledger) -> None:
    """Nor sorts what it has read: all follow an index, so that a long queue costs nothing."""
    queries: set[str] = set()
    ledger._connection.set_trace_callback(queries.add)
    use(ledger)
    ledger._connection.set_trace_callback(None)
    statements = [query for query in queries if query.startswith(("SELECT", "UPDATE", "DELETE"))]
    plans = {
        (statement, step[3])
        for statement in statements
        for step in ledger._connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    }
    assert len(statements) > 20
    assert [plan for plan in plans if re.match(r"SCAN (?!counters|jobs USING INDEX)|USE TEMP B-TREE", plan[1])] == []


def use(ledger: Ledger) -> None:
    """Calls every method that is called while jobs come and go."""
    for name in ("a", "b", "c"):
        ledger.submit(submission(name, webhook="http://h/"), now=0)
    taken(ledger, "w", most=2)
    ledger.add_items("a", "w", [b"1"], now=1)
    ledger.progress("a", "w", b"1", now=1)
    ledger.seen("w", None, now=1)
    ledger.seen("w", ["a", "b", "c"], now=1)
    ledger.items("a", 0, 9)
    ledger.drain("a", 9)
    ledger.give_back(["b"], "w", now=1)
    ledger.finish("a", "w", FAILURE, now=1)
    for job in ledger.due_webhooks(now=1, most=9):
        ledger.webhook_tried(job, accepted=True, now=1)
    ledger.next_webhook()
    ledger.keep_for("a", 100, now=2)
    ledger.retry("a", now=2)
    ledger.cancel("a", now=2)
    taken(ledger, "w")
    ledger.lose("w", now=3)
    taken(ledger, "w", now=3)
    ledger.page(None, 9, None)
    ledger.page(None, 9, Status.IN_QUEUE)
    ledger.counts()
    ledger.demand(now=3)
    for now in (30, 50, 1000, 1e9):
        ledger.next_sweep()
        ledger.sweep(now)
