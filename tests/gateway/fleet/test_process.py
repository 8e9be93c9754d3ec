import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dragoman.gateway.fleet.process import WorkerProcess
from tests.processes import is_alive
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

ID = "fleet-1-process"
DRAINS = "signal.signal(15, lambda *_: sys.exit(print('draining'))); print('waiting', flush=True); time.sleep(600)"
STUBBORN = "time.sleep(600)"
SPAWNS = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True); "


@asynccontextmanager
async def worker(code: str) -> AsyncIterator[WorkerProcess]:
    """A worker that runs this, when it has said so."""
    ready = "import os, signal, sys, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); "
    environment = {**os.environ, "RUNPOD_POD_ID": ID}
    process = await WorkerProcess.start(ID, [sys.executable, "-c", ready + code], environment)
    try:
        await eventually(lambda: len(process.last_words) > 0)
        yield process
    finally:
        await process.kill()
        await process.ended()


async def test_its_exit_code_and_its_last_words() -> None:
    async with worker("print('no GPU', file=sys.stderr); sys.exit(3)") as process:
        assert await process.ended() == 3
        assert process.last_words == ["ready", "no GPU"]
        assert not process.terminated


async def test_it_ends_in_its_own_time() -> None:
    async with worker(DRAINS) as process:
        await eventually(lambda: "waiting" in process.last_words)
        await process.terminate(patience=60)
        assert await process.ended() == 0
        assert process.terminated
        assert process.last_words[-1] == "draining"


async def test_its_time_has_an_end() -> None:
    async with worker(STUBBORN) as process:
        await process.terminate(patience=0.1)
        assert await process.ended() == -signal.SIGKILL


async def test_it_is_told_once() -> None:
    async with worker(STUBBORN) as process:
        await process.terminate(patience=600)
        ending = asyncio.create_task(process.ended())
        await process.terminate(patience=0)
        await asyncio.sleep(0.05)
        assert not ending.done()
        await process.kill()
        assert await ending == -signal.SIGKILL


async def test_what_a_crash_leaves_is_ended() -> None:
    async with worker(SPAWNS + "os._exit(1)") as process:
        assert await process.ended() == 1
        assert not is_alive(int(process.last_words[1]))


async def test_what_it_leaves_in_its_own_time_may_use_the_rest() -> None:
    child = f"import signal, sys, time; {DRAINS}"
    leaves = "import subprocess; signal.signal(15, lambda *_: os._exit(0)); "
    async with worker(f"{leaves} subprocess.run([sys.executable, '-uc', {child!r}])") as process:
        await eventually(lambda: "waiting" in process.last_words)
        await process.terminate(patience=60)
        assert await process.ended() == 0
        assert process.last_words[-1] == "draining"


async def test_it_leads_a_session_and_has_no_input() -> None:
    async with worker("print(os.getsid(0) == os.getpid(), sys.stdin.read() == '', flush=True)") as process:
        await process.ended()
        assert process.last_words[1] == "True True"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("ValueError: no GPU\nbye", "ValueError: no GPU"),
        ("no GPU\nbye", "bye"),
        ("", "ready"),
    ],
)
async def test_its_complaint_is_the_last_line_that_names_an_error_or_the_last(said: str, complaint: str) -> None:
    async with worker(f"print({said!r})") as process:
        await process.ended()
        assert process.complaint == complaint
