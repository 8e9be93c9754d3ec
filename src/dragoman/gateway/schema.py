"""The ledger's file: its tables, and how it is opened."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dragoman.errors import ConfigurationError

APPLICATION = 0x4472676D
"""Marks the file as a gateway's, by SQLite's ``application_id``."""

VERSION = 1
"""The tables' version, by SQLite's ``user_version``."""

_PRIMARY = 0xFF
"""The part of an error code that says what is wrong, without where it was found."""

_SETTINGS = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = 16777216;
PRAGMA foreign_keys = ON;
"""

# Payloads have tables of their own, so that a change of a job's state does not write them again.
# The counters are kept by triggers: no way to change a job passes them by, and no count reads the queue.
_TABLES = """
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'IN_QUEUE'
        CHECK (status IN ('IN_QUEUE', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT')),
    webhook TEXT,
    low_priority INTEGER NOT NULL,
    execution_timeout REAL,
    ttl REAL NOT NULL,
    kept REAL NOT NULL,
    submitted_at REAL NOT NULL,
    queued_at REAL NOT NULL,
    taken_at REAL,
    ended_at REAL,
    expires_at REAL NOT NULL,
    times_out_at REAL,
    lost_at REAL,
    worker TEXT,
    retries INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    items INTEGER NOT NULL DEFAULT 0,
    drained INTEGER NOT NULL DEFAULT 0,
    webhook_at REAL,
    webhook_tries INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX jobs_by_status ON jobs (status);
CREATE INDEX queued ON jobs (queued_at) WHERE status = 'IN_QUEUE';
CREATE INDEX waiting ON jobs (queued_at) WHERE status = 'IN_QUEUE' AND NOT low_priority;
CREATE INDEX running ON jobs (worker) WHERE status = 'IN_PROGRESS';
CREATE INDEX timing_out ON jobs (times_out_at) WHERE status = 'IN_PROGRESS';
CREATE INDEX getting_lost ON jobs (lost_at) WHERE status = 'IN_PROGRESS';
CREATE INDEX expiring ON jobs (expires_at) WHERE webhook_at IS NULL;
CREATE INDEX calling_back ON jobs (webhook_at) WHERE webhook_at IS NOT NULL;

CREATE TABLE inputs (
    job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    input BLOB NOT NULL,
    s3_config BLOB
) STRICT;

CREATE TABLE results (
    job INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    error TEXT,
    output BLOB
) STRICT;

CREATE TABLE items (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    number INTEGER NOT NULL,
    output BLOB NOT NULL,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (in_queue, waiting, in_progress, completed, failed, retried);
INSERT INTO counters VALUES (0, 0, 0, 0, 0, 0);
CREATE TRIGGER count_new AFTER INSERT ON jobs BEGIN
    UPDATE counters SET in_queue = in_queue + 1, waiting = waiting + (NOT NEW.low_priority);
END;
CREATE TRIGGER count_changed AFTER UPDATE OF status ON jobs WHEN OLD.status <> NEW.status BEGIN
    UPDATE counters SET
        in_queue = in_queue + (NEW.status = 'IN_QUEUE') - (OLD.status = 'IN_QUEUE'),
        waiting = waiting + ((NEW.status = 'IN_QUEUE') - (OLD.status = 'IN_QUEUE')) * (NOT NEW.low_priority),
        in_progress = in_progress + (NEW.status = 'IN_PROGRESS') - (OLD.status = 'IN_PROGRESS'),
        completed = completed + (NEW.status = 'COMPLETED'),
        failed = failed + (NEW.status IN ('FAILED', 'TIMED_OUT'));
END;
CREATE TRIGGER count_retried AFTER UPDATE OF retries ON jobs BEGIN
    UPDATE counters SET retried = retried + NEW.retries - OLD.retries;
END;
CREATE TRIGGER count_gone AFTER DELETE ON jobs BEGIN
    UPDATE counters SET
        in_queue = in_queue - (OLD.status = 'IN_QUEUE'),
        waiting = waiting - (OLD.status = 'IN_QUEUE' AND NOT OLD.low_priority),
        in_progress = in_progress - (OLD.status = 'IN_PROGRESS');
END;
"""

_MARKS = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""

# The columns are in the order of a Job's fields. What a running job has for an output is its progress.
_VIEWS = """
CREATE TEMP VIEW whole AS
SELECT seq, id, kind, status, input, webhook, s3_config, low_priority, execution_timeout, submitted_at, queued_at,
    taken_at, ended_at, expires_at, worker, retries, attempts,
    iif(status = 'IN_PROGRESS', output, NULL) AS progress, iif(status = 'IN_PROGRESS', NULL, output) AS output, error
FROM jobs JOIN inputs ON inputs.job = seq LEFT JOIN results ON results.job = seq;

CREATE TEMP VIEW listed AS
SELECT seq, id, kind, status, x'' AS input, webhook, NULL AS s3_config, low_priority, execution_timeout, submitted_at,
    queued_at, taken_at, ended_at, expires_at, worker, retries, attempts, NULL AS progress, NULL AS output,
    substr(error, 1, 1000) AS error
FROM jobs LEFT JOIN results ON results.job = seq;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Opens the file, makes it where there is none, and keeps every other process out of it.

    What has been committed is in the file when the process is killed: the write-ahead log is read at the next start.

    Args:
        path: the file; missing directories are made.

    Raises:
        ConfigurationError: it cannot be used; the message says why.
    """
    _make(path)
    with explained(path):
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Says in a ``ConfigurationError`` why a file cannot be used, where SQLite finds that it cannot."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConfigurationError(_explanation(error, path)) from None


def _make(path: Path) -> None:
    try:
        if path.is_dir():
            raise ConfigurationError(f"The jobs cannot be kept in {path}: it is a directory. Name a file.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except FileExistsError:
        raise ConfigurationError(f"The jobs cannot be kept in {path}: {path.parent} is not a directory.") from None
    except OSError as error:
        raise ConfigurationError(f"The jobs cannot be kept in {path}: {error.strerror}.") from None
    if not os.access(path, os.W_OK):
        raise ConfigurationError(f"The jobs cannot be kept in {path}: it may not be written.")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    new = not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not new:
        _check(connection, path)
    connection.executescript(_SETTINGS)
    if new:
        connection.executescript(f"BEGIN; {_TABLES} {_MARKS} COMMIT;")
    connection.executescript(_VIEWS)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
        raise ConfigurationError(f"{path} is a database of another program. Choose another file.")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise ConfigurationError(f"{path} was written by a newer Dragoman. Use that one, or choose another file.")


def _explanation(error: sqlite3.Error, path: Path) -> str:
    code = error.sqlite_errorcode & _PRIMARY
    if code == sqlite3.SQLITE_BUSY:
        return f"{path} is in use by another gateway. Stop that one, or choose another file with --db."
    if code == sqlite3.SQLITE_NOTADB:
        return f"{path} is not a database. Choose another file."
    return f"The jobs cannot be kept in {path}: {error}."
