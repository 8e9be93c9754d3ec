import os
import signal
from textwrap import dedent

import pytest

from tests.processes import is_alive, numbers, program, wait_until

# Each program prints the pids of its processes, one a line.
SPAWNS = """
    import os, signal, subprocess, sys, time
    from dragoman.process import kinship

    def spawn(code):
        return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)

    def say(*pids):
        for pid in pids:
            os.write(1, f"{pid}{os.linesep}".encode())
"""
FORKS = """
    kinship.bind_forks()
    child = os.fork()
    if child == 0:
        grandchild = os.fork()
        if grandchild == 0:
            say(os.getpid())
        time.sleep(600)
    say(child)
    time.sleep(600)
"""
ORPHANS = """
    kinship.adopt_orphans()
    FAMILY = "import os, subprocess, sys; print(os.getpid(), subprocess.Popen(['sleep', '600']).pid, flush=True); "
    spared = spawn(FAMILY + "sys.stdin.read()")
    orphan = spawn(FAMILY)
    stubborn = spawn(FAMILY.replace("'sleep', '600'", "'sh', '-c', 'sleep 600; true'"))
    left = [int(pid) for child in (orphan, stubborn) for pid in child.stdout.readline().split()]
    spared_family = [int(pid) for pid in spared.stdout.readline().split()]
    orphan.wait()
    stubborn.wait()
    kinship.end_orphans(0.2, spared.pid)
    say(*left, *spared_family)
    time.sleep(600)
"""
QUICK = """
    kinship.adopt_orphans()
    child = spawn("import subprocess; print(subprocess.Popen(['sh', '-c', 'read line; exit 0'], stdin=0).pid)")
    print(child.stdout.readline(), end="", flush=True)
    child.wait()
    kinship.end_orphans(60, 0)
    say(0)
"""


def code(*parts: str) -> str:
    return "".join(dedent(part) for part in parts)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_forks_and_their_forks_die_with_their_parent(number: signal.Signals) -> None:
    with program(code(SPAWNS, FORKS)) as parent:
        forks = numbers(parent, 2)
        assert all(map(is_alive, forks))
        parent.send_signal(number)
        wait_until(lambda: not any(map(is_alive, forks)))


def test_a_process_whose_parent_is_gone_already_ends_at_once() -> None:
    with program("import os; from dragoman.process import kinship; kinship.die_with(os.getpid())") as process:
        assert process.wait() == -signal.SIGKILL


def test_orphans_are_ended_and_the_spared_child_and_its_family_are_not() -> None:
    with program(code(SPAWNS, ORPHANS)) as adopter:
        *orphans, spared, child_of_spared = numbers(adopter, 6)
        assert not any(map(is_alive, orphans))
        assert is_alive(spared)
        assert is_alive(child_of_spared)
        os.kill(child_of_spared, signal.SIGKILL)


def test_an_orphan_may_end_by_itself_within_the_patience() -> None:
    with program(code(SPAWNS, QUICK)) as adopter:
        orphan, _ = numbers(adopter, 1)[0], adopter.communicate("go\n")
        assert not is_alive(orphan)
        assert adopter.returncode == 0
