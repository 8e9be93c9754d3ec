import asyncio
import threading
from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError
from dragoman.gateway.archive import Archive
from dragoman.gateway.errors import BadRequestError
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.terms import Terms
from tests.gateway.samples import submission

pytestmark = pytest.mark.anyio


async def test_the_ledger_is_used_from_the_event_loop(tmp_path: Path) -> None:
    async with Archive(tmp_path / "jobs.db", Terms(), clock=lambda: 100.0) as archive:
        job = await archive.call(Ledger.submit, submission("a"), now=100.0)
        assert await archive.call(Ledger.job, "a") == job


async def test_each_call_is_whole(tmp_path: Path) -> None:
    async with Archive(tmp_path / "jobs.db", Terms()) as archive:
        calls = (archive.call(Ledger.submit, submission(str(number)), 0.0) for number in range(50))
        await asyncio.gather(*calls)
        takes = await asyncio.gather(*(archive.call(Ledger.take, f"worker {n}", 7, 1.0) for n in range(10)))
    assert sorted(int(job.id) for jobs in takes for job in jobs) == list(range(50))


async def test_a_refusal_reaches_the_caller(tmp_path: Path) -> None:
    async with Archive(tmp_path / "jobs.db", Terms()) as archive:
        await archive.call(Ledger.submit, submission("a"), 0.0)
        with pytest.raises(BadRequestError):
            await archive.call(Ledger.retry, "a", 1.0)


async def test_the_event_loop_goes_on_while_the_disk_is_slow(tmp_path: Path) -> None:
    written = threading.Event()

    def write(ledger: Ledger) -> bool:
        return written.wait(timeout=10)

    async with Archive(tmp_path / "jobs.db", Terms()) as archive:
        call = asyncio.create_task(archive.call(write))
        await asyncio.sleep(0)
        written.set()
        assert await call


async def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it is a directory"):
        async with Archive(tmp_path, Terms()):
            pytest.fail("it was opened")
    assert [thread for thread in threading.enumerate() if thread.name.startswith("ledger")] == []


async def test_it_is_closed_though_its_task_is_cancelled(tmp_path: Path) -> None:
    opened = asyncio.Event()

    async def serve() -> None:
        async with Archive(tmp_path / "jobs.db", Terms()):
            opened.set()
            await asyncio.Event().wait()

    server = asyncio.create_task(serve())
    await opened.wait()
    server.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server
    async with Archive(tmp_path / "jobs.db", Terms()) as archive:
        assert await archive.call(Ledger.job, "a") is None
