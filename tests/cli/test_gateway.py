import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_processes import ENVIRONMENT, HEAVY, run


def test_help_teaches() -> None:
    done = run("gateway", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    flags = ("--host", "--port", "--endpoint-id", "--db", "--worker", "--min", "--max", "--idle-timeout")
    for word in (*flags, "--execution-timeout", "--lost-after", "DRAGOMAN_API_KEY", "examples:", "curl", "SIGTERM"):
        assert word in done.stdout


def test_it_is_among_the_commands() -> None:
    assert "gateway" in run("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        (["--prot", "1"], ["unrecognized arguments: --prot 1"]),
        (["8080"], ["unrecognized arguments: 8080"]),
        (["--worker"], ["argument --worker: expected one argument"]),
        (
            ["--port", "0", "--min", "1", "--host", "0.0.0.0"],
            [
                "--host '0.0.0.0' serves other machines, so DRAGOMAN_API_KEY has to hold a key",
                "--min is for the gateway's own workers: it needs --worker",
            ],
        ),
    ],
)
def test_mistakes_are_lines(tmp_path: Path, arguments: list[str], problems: list[str]) -> None:
    done = run("gateway", *arguments, XDG_STATE_HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"dragoman: error: {problem}" for problem in problems]


@pytest.mark.parametrize("arguments", [["--help"], ["--port", "x"]])
def test_nothing_heavy_is_imported_for_help_or_bad_input(tmp_path: Path, arguments: list[str]) -> None:
    program = f"""
import contextlib, sys
from dragoman.cli import main
sys.argv = ["dragoman", "gateway", *{arguments}]
with contextlib.suppress(SystemExit):
    main()
print([name for name in {[*HEAVY, "runpod"]} if name in sys.modules and name != "starlette"])
"""
    variables = ENVIRONMENT | {"XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=variables, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
