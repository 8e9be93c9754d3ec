import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dragoman.gateway.fleet.family import Family
from tests.processes import end_family, is_alive, wait_until

pytestmark = pytest.mark.anyio

ID = "fleet-1-family"
# Prints the pid of its child, which it starts with these arguments of Popen.
PARENT = """
import os, subprocess, sys, time
print(subprocess.Popen(["sleep", "600"], **{options}).pid, flush=True)
{rest}
"""
STAYS = "time.sleep(600)"
WITH_CHILDREN = [
    pytest.param("{}", STAYS, id="a child"),
    pytest.param("{}", "", id="a child whose parent has ended"),
    pytest.param("{'start_new_session': True}", "", id="one in a session of its own, whose parent has ended"),
    pytest.param("{'env': {}}", "", id="one with another environment, whose parent has ended"),
    pytest.param("{'env': {}, 'start_new_session': True}", STAYS, id="a child with neither"),
]


@contextmanager
def first_process(code: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A worker's first process, and the pid that it printed."""
    environment = {**os.environ, "RUNPOD_POD_ID": ID}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.stdout.close()
        try:
            yield process, pid
        finally:
            end_family(process.pid)
            end_family(pid)


@pytest.mark.parametrize(("options", "rest"), WITH_CHILDREN)
async def test_all_of_it_ends(options: str, rest: str) -> None:
    with first_process(PARENT.format(options=options, rest=rest)) as (process, child):
        if not rest:
            process.wait()
        await Family(process.pid, ID).end(patience=0)
        assert not is_alive(child)
        assert not is_alive(process.pid)


async def test_who_was_seen_once_stays_known() -> None:
    options = "{'env': {}, 'start_new_session': True}"
    with first_process(PARENT.format(options=options, rest=STAYS)) as (process, child):
        family = Family(process.pid, ID)
        assert {member.pid for member in await family.look()} == {process.pid, child}
        process.kill()
        process.wait()
        await family.end(patience=0)
        assert not is_alive(child)


async def test_others_are_left_alone() -> None:
    with first_process(PARENT.format(options="{}", rest=STAYS)) as (process, child):
        other = Family(os.getpid(), "fleet-2-other")
        assert process.pid not in {member.pid for member in await other.look()}
        await Family(2**22 + 1, "fleet-2-other").end(patience=0)
        assert is_alive(process.pid)
        assert is_alive(child)


async def test_with_patience_they_may_end_by_themselves() -> None:
    code = (
        "import os, signal, sys, time; signal.signal(15, lambda *_: sys.exit(7)); "
        "print(os.getpid(), flush=True); time.sleep(600)"
    )
    with first_process(code) as (process, _):
        await Family(process.pid, ID).end(patience=60)
        assert process.wait() == 7


async def test_patience_has_an_end() -> None:
    code = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(600)"
    with first_process(code) as (process, _):
        await Family(process.pid, ID).end(patience=0.1)
        wait_until(lambda: process.poll() == -9)
