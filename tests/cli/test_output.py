"""Standard output that cannot be written: no exit code that means a finding, and no traceback."""

import os
import subprocess
import sys

import pytest

COMMANDS = {
    "explain": ["explain", "org/name"],
    "explain as JSON": ["explain", "org/name", "--json"],
    "plan": ["plan", "--gpu-kind", "H100"],
    "plan as JSON": ["plan", "--gpu-kind", "H100", "--json"],
    "doctor": ["doctor"],
    "help": ["bake", "--help"],
    "version": ["--version"],
}


def run(arguments: list[str], stdout: int) -> tuple[int, str]:
    """Return the exit code and what is on stderr."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "dragoman", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_reader_that_is_gone(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run(arguments, writing) == (141, "")
    finally:
        os.close(writing)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_disk_that_is_full(arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        code, stderr = run(arguments, full.fileno())
    assert (code, stderr) == (2, "dragoman: error: standard output cannot be written: No space left on device\n")
