import signal
import time

import pytest

from dragoman.platforms.datarobot.hooks.timeouts import HookTimeoutError, within
from tests.processes import program

DEAF = """
import sys, time
from dragoman.platforms.datarobot.hooks import timeouts

def deaf():
    while True:
        try:
            time.sleep(3600)
        except BaseException:
            pass

timeouts.PATIENCE = 0.1
sys.stderr = sys.stdout
with timeouts.within(0.1):
    deaf()
"""


def test_what_hangs_is_interrupted() -> None:
    with pytest.raises(HookTimeoutError), within(0.01):
        time.sleep(3600)


def test_hooks_that_try_again_cannot_catch_it() -> None:
    def tries_again() -> None:
        while True:
            try:
                time.sleep(3600)
            except Exception:
                continue

    with pytest.raises(HookTimeoutError), within(0.01):
        tries_again()


@pytest.mark.parametrize("seconds", [None, 3600.0])
def test_what_ends_in_time_is_left_alone(seconds: float | None) -> None:
    before = signal.getsignal(signal.SIGALRM)
    with within(seconds):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_the_process_of_what_does_not_hear_ends_with_the_place() -> None:
    with program(DEAF) as process:
        said, _ = process.communicate()
    assert process.returncode == 1
    assert "in deaf" in said
