import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.process.run_directory import RunDirectory

OWNER = """
import sys
from pathlib import Path
from dragoman.process.run_directory import RunDirectory
with RunDirectory(Path(sys.argv[1])) as directory:
    print(directory.path, flush=True)
    sys.stdin.read()
"""


@contextmanager
def owner(parent: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another worker and its directory."""
    command = [sys.executable, "-c", OWNER, str(parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def test_the_directory_is_there_within_and_gone_with_all_that_is_in_it_after(tmp_path: Path) -> None:
    with RunDirectory(tmp_path) as directory:
        (directory.path / "socket").touch()
        assert directory.path.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    with RunDirectory(tmp_path) as directory:
        assert directory.path.stat().st_mode & 0o777 == 0o700


def test_the_directory_of_a_killed_owner_is_removed(tmp_path: Path) -> None:
    with owner(tmp_path) as (process, left):
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert left.is_dir()
        with RunDirectory(tmp_path):
            assert not left.exists()


def test_a_directory_in_use_is_left_alone(tmp_path: Path) -> None:
    with owner(tmp_path) as (process, used):
        with RunDirectory(tmp_path):
            assert used.is_dir()
        process.communicate()
    assert not used.exists()


def test_only_directories_of_workers_are_removed(tmp_path: Path) -> None:
    (tmp_path / "dragoman-without-a-lock").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "lock").touch()
    before = set(tmp_path.iterdir())
    with RunDirectory(tmp_path):
        pass
    assert set(tmp_path.iterdir()) == before


def test_two_of_one_process_are_apart(tmp_path: Path) -> None:
    with RunDirectory(tmp_path) as first, RunDirectory(tmp_path) as second:
        assert first.path != second.path
        assert first.path.is_dir()


def test_the_lock_is_let_go_of(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    with RunDirectory(tmp_path):
        pass
    assert os.listdir("/proc/self/fd") == before


def test_a_machine_without_a_place_for_temporary_files_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/no/such/directory"])
    with pytest.raises(ConfigurationError, match="TMPDIR"):
        RunDirectory()
