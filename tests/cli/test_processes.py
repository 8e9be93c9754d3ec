"""The commands as a user runs them: each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dragoman import __version__

SOURCES = Path(__file__).parent.parent.parent / "src"
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)}
HEAVY = ("vllm", "torch", "transformers", "pydantic", "jinja2", "rich", "uvicorn", "starlette", "aiohttp")


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "dragoman", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=ENVIRONMENT | variables, check=False)


def test_version() -> None:
    assert run("--version").stdout == f"dragoman {__version__}\n"


def test_explain_as_json() -> None:
    done = run("explain", "--json", "org/name", "-tp", "2", "-O3", "--gpus", "2", "--host=::1", MAX_MODEL_LEN="8k")
    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads(done.stdout)
    assert shown["platform"] == "plain"
    assert shown["errors"] == shown["warnings"] == []
    assert shown["engine_args"] == [
        *("--model", "org/name"),
        *("--max-model-len", "8000"),
        *("--tensor-parallel-size", "2"),
        *("--optimization-level", "3"),
    ]
    assert {
        "name": "max_model_len",
        "value": 8000,
        "source": "variable MAX_MODEL_LEN",
        "flag": "--max-model-len",
        "overridden": [],
    } in shown["settings"]


def test_explain_on_a_terminal_that_knows_few_letters() -> None:
    done = run("explain", "--served-model-name", "é", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xe9" in done.stdout


def test_explain_reports_all_errors_and_exits_with_2() -> None:
    done = run("explain", "--json", "--max-modle-len", "1", ENFORCE_EAGER="maybe")
    assert done.returncode == 2
    assert len(json.loads(done.stdout)["errors"]) == 2


def test_explain_for_people() -> None:
    done = run("explain", "--seed", "1", "--api-key", "sesame", SEED="[2]", SEEED="3", MAX_MODEL_LEN="0")
    assert done.returncode == 2
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0].startswith("platform plain; ")
    assert "seed 1 command line" in lines
    assert "warning: seed: '[2]' is not an integer (variable SEED), overridden: command line" in lines
    assert "error: max_model_len 0 (variable MAX_MODEL_LEN) is no length: write a number of tokens, or auto" in lines
    assert "sesame" not in done.stdout


def test_serve_refuses_with_one_line_a_problem() -> None:
    done = run("serve", "/nowhere", "--seed", "x", "--host", "localhost", SEEEDS="1", MAX_NUM_SEQ="2")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "dragoman: warning: variable MAX_NUM_SEQ sets nothing; did you mean MAX_NUM_SEQS?",
        "dragoman: error: seed: 'x' is not an integer (command line)",
        "dragoman: error: model '/nowhere' (command line) does not exist",
    ]


@pytest.mark.parametrize("command", ["serve", "explain"])
@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["-tp", "2", "--help"], ["--help=parallel"], ["--help=all"]])
def test_help(command: str, arguments: list[str]) -> None:
    done = run(command, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    expected = "--tensor-parallel-size, -tp INT" if "=" in arguments[-1] else "--grace-period FLOAT"
    assert expected in done.stdout


@pytest.mark.parametrize(
    ("topic", "expected"),
    [("retired", "--swap-space VALUE\n      Ignored: "), ("runpod", "--max-concurrency INT\n      How many jobs")],
)
def test_help_on_what_is_not_vllms(topic: str, expected: str) -> None:
    assert expected in run("serve", f"--help={topic}").stdout
    assert expected not in run("serve", "--help=all").stdout


def test_help_of_all_commands() -> None:
    done = run("--help")
    assert "serve" in done.stdout
    assert "explain" in done.stdout


def test_nothing_heavy_is_imported() -> None:
    program = f"""
import contextlib, sys
from dragoman.cli import main
sys.argv = ["dragoman", "explain", "--json"]
with contextlib.suppress(SystemExit):
    main()
print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert done.stderr == "[]\n"
