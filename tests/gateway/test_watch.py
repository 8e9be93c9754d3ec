import asyncio
import logging
from pathlib import Path

import pytest

from dragoman.gateway.watch import news, watch
from dragoman.gateway.workers import State, WorkerView
from tests.gateway.gateways import Worker, serving
from tests.upstream import eventually

COMING = WorkerView("w", State.INITIALIZING, 0, 0.0, managed=True)
IDLE = WorkerView("w", State.IDLE, 0, 0.0)
RUNNING = WorkerView("w", State.RUNNING, 1, 0.0)
OWN = WorkerView("w", State.IDLE, 0, 0.0, managed=True)
PINGING = WorkerView("w", State.IDLE, 0, 0.0, version="1.12.0", pings=True)
SICK = WorkerView("w", State.UNHEALTHY, 0, 0.0, problem="no GPU")
FAILED = WorkerView("w", State.UNHEALTHY, 0, 0.0, problem="no GPU", managed=True, ended=True)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ([], [], []),
        ([], [COMING], []),
        ([COMING], [IDLE], ["worker w has come"]),
        ([], [PINGING], ["worker w has come, with release 1.12.0 of RunPod's SDK"]),
        ([IDLE], [RUNNING], []),
        ([RUNNING], [SICK], ["worker w is unhealthy: no GPU"]),
        ([], [SICK], ["worker w has come", "worker w is unhealthy: no GPU"]),
        ([SICK], [SICK], []),
        ([SICK], [IDLE], []),
        ([IDLE], [], ["worker w is gone"]),
        ([OWN], [], []),
        ([COMING], [], []),
        ([COMING], [FAILED], []),
        ([FAILED], [], []),
    ],
)
def test_news(before: list[WorkerView], after: list[WorkerView], lines: list[str]) -> None:
    assert list(news(before, after)) == lines


@pytest.mark.anyio
async def test_it_follows_an_endpoint(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving(tmp_path) as gateway:
        watching = asyncio.create_task(watch(gateway.endpoint))
        taking = asyncio.create_task(Worker(gateway, "mine").take())
        await eventually(lambda: "worker mine has come" in caplog.messages)
        for task in (taking, watching):
            task.cancel()
        await asyncio.gather(taking, watching, return_exceptions=True)
