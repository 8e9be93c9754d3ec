import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_processes import ENVIRONMENT

WRITTEN = [
    *("docs/configuration.md", "docs/cli.md", "worker-config.json", ".runpod/hub.json", ".runpod/tests.json"),
    "model-metadata.yaml",
    *("deploy/datarobot/Dockerfile", "deploy/datarobot/start_server.sh", "deploy/datarobot/env_info.json"),
    "deploy/datarobot/README.md",
]


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "dragoman", "forms", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=30, cwd=directory, env=ENVIRONMENT, check=False
    )


def test_it_lists_what_it_wrote(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, WRITTEN, "")
    assert all((tmp_path / path).is_file() for path in WRITTEN)


def test_into_a_directory(tmp_path: Path) -> None:
    assert run(tmp_path, "--out", "made/for/it").returncode == 0
    assert all((tmp_path / "made/for/it" / path).is_file() for path in WRITTEN)


def test_check(tmp_path: Path) -> None:
    run(tmp_path)
    assert run(tmp_path, "--check").returncode == 0
    (tmp_path / "worker-config.json").write_text("{}")
    done = run(tmp_path, "--check")
    assert (done.returncode, done.stdout) == (1, "stale: worker-config.json\n")
    assert (tmp_path / "worker-config.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--out", "file"], "file/docs/configuration.md cannot be written: Not a directory"),
        (["--out"], "argument --out: expected one argument"),
        (["--ou", "x"], "unrecognized arguments: --ou x"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, arguments: list[str], problem: str) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"dragoman: error: {problem}\n")


def test_help(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--out DIR" in done.stdout
    assert list(tmp_path.iterdir()) == []
