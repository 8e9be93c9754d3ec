import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from dragoman.gateway.fleet.process import LAUNCHER
from tests.processes import is_alive, numbers, program, wait_until

LAUNCH = [sys.executable, str(LAUNCHER)]
# Prints its own pid, then what signal it got.
WORKER = (
    "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, [15]); print(os.getpid(), flush=True); "
    "print(int(signal.sigwait([15])), flush=True)"
)
GATEWAY = f"""
import os, subprocess, sys, time
subprocess.Popen([*{LAUNCH}, str(os.getpid()), sys.executable, "-c", {WORKER!r}], start_new_session=True)
time.sleep(600)
"""


def test_the_worker_gets_sigterm_when_the_gateway_is_killed() -> None:
    with program(GATEWAY) as gateway:
        (worker,) = numbers(gateway, 1)
        gateway.kill()
        assert numbers(gateway, 1) == [signal.SIGTERM]
        wait_until(lambda: not is_alive(worker))


def test_it_takes_the_launchers_place() -> None:
    with subprocess.Popen([*LAUNCH, str(os.getpid()), "sleep", "600"]) as process:
        wait_until(lambda: psutil.Process(process.pid).cmdline() == ["sleep", "600"])
        process.kill()


def test_nothing_is_started_for_a_gateway_that_is_gone(tmp_path: Path) -> None:
    made = tmp_path / "made"
    subprocess.run([*LAUNCH, "1", "touch", str(made)], check=True, timeout=30)
    assert not made.exists()


def test_a_command_that_is_not_there() -> None:
    done = subprocess.run([*LAUNCH, str(os.getpid()), "/no/worker"], stderr=subprocess.PIPE, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (1, "/no/worker cannot be started: No such file or directory\n")


def test_signals_that_python_ignores_are_not_ignored_by_the_worker() -> None:
    shell = ["sh", "-c", "kill -PIPE $$; echo alive"]
    done = subprocess.run([*LAUNCH, str(os.getpid()), *shell], stdout=subprocess.PIPE, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (-signal.SIGPIPE, "")
