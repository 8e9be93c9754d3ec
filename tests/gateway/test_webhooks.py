import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from dragoman.gateway import webhooks
from dragoman.gateway.archive import Archive
from dragoman.gateway.ledger import Ledger
from dragoman.gateway.terms import Terms
from dragoman.gateway.webhooks import Webhooks
from tests.gateway.samples import DONE, submission
from tests.upstream import eventually

pytestmark = pytest.mark.anyio


class Receiver:
    """A server that is told of jobs; it answers with the statuses in turn, then with 200, and to ``/slow`` when let."""

    def __init__(self, *statuses: int) -> None:
        self.told: list[tuple[str, Any]] = []
        self.let = asyncio.Event()
        self.url = ""
        self._statuses = list(statuses)

    async def answer(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/json"
        self.told.append((request.path_qs, await request.json()))
        if request.path == "/slow":
            await self.let.wait()
        return web.Response(status=self._statuses.pop(0) if self._statuses else 200, headers={"location": "/elsewhere"})

    async def heard(self, times: int) -> None:
        await eventually(lambda: len(self.told) >= times)


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(*statuses)
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        receiver.let.set()
        await runner.cleanup()


class Gateway:
    """What of a gateway has to do with webhooks, between its start and its end."""

    def __init__(self, archive: Archive, now: float) -> None:
        self.now = now
        self.archive = archive
        self.webhooks = Webhooks(archive, lambda: self.now)
        self._running = asyncio.create_task(self.webhooks.run())

    async def run_again(self) -> None:
        """Cuts off what is under way, and goes on."""
        await self.end()
        self._running = asyncio.create_task(self.webhooks.run())

    async def end(self) -> None:
        """Cuts off what is under way."""
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running

    async def finish(self, job_id: str, webhook: str) -> None:
        """Has a worker do a job now."""
        await self.archive.call(Ledger.submit, submission(job_id, webhook=webhook), self.now)
        await self.archive.call(Ledger.take, "worker", 1, self.now)
        await self.archive.call(Ledger.finish, job_id, "worker", DONE, self.now)
        self.webhooks.wake()

    async def due(self, moment: float | None) -> None:
        """Waits until that is when the next try is due."""

        async def is_due() -> bool:
            return await self.archive.call(Ledger.next_webhook) == moment

        await eventually(is_due)

    def wait_until(self, moment: float) -> None:
        """Lets time pass."""
        self.now = moment
        self.webhooks.wake()


@asynccontextmanager
async def gateway(directory: Path, now: float = 0) -> AsyncIterator[Gateway]:
    async with Archive(directory / "jobs.db", Terms(), lambda: now) as archive:
        gateway = Gateway(archive, now)
        try:
            yield gateway
        finally:
            await gateway.end()


async def test_the_end_of_a_job_is_told_at_once(tmp_path: Path) -> None:
    async with receiving() as receiver, gateway(tmp_path) as here:
        await here.finish("a", f"{receiver.url}/hook?of=mine")
        await here.due(None)
    document = {"delayTime": 0, "executionTime": 0, "id": "a", "output": "done", "status": "COMPLETED"}
    assert receiver.told == [("/hook?of=mine", document | {"workerId": "worker"})]


async def test_what_is_not_accepted_is_told_again_ten_seconds_later(tmp_path: Path) -> None:
    async with receiving(500, 500, 200) as receiver, gateway(tmp_path) as here:
        await here.finish("a", receiver.url)
        await here.due(10)
        here.wait_until(10)
        await here.due(20)
        here.wait_until(20)
        await here.due(None)
    assert len(receiver.told) == 3


@pytest.mark.parametrize("status", [201, 204, 302, 307, 404, 500])
async def test_only_200_is_acceptance_and_three_tries_are_all(tmp_path: Path, status: int) -> None:
    async with receiving(*[status] * 4) as receiver, gateway(tmp_path) as here:
        await here.finish("a", receiver.url)
        for moment in (10, 20):
            await here.due(moment)
            here.wait_until(moment)
        await here.due(None)
    assert [path for path, _ in receiver.told] == ["/", "/", "/"]


async def test_a_server_that_is_away_has_not_accepted(tmp_path: Path) -> None:
    async with receiving() as receiver:
        url = receiver.url
    async with gateway(tmp_path) as here:
        await here.finish("a", url)
        await here.due(10)


async def test_an_address_that_cannot_be_used_has_not_accepted(tmp_path: Path) -> None:
    async with gateway(tmp_path) as here:
        await here.finish("a", f"http://{'a' * 70}.invalid/")
        await here.due(10)


async def test_tries_go_on_after_a_restart(tmp_path: Path) -> None:
    async with receiving(500, 500, 500, 500) as receiver:
        async with gateway(tmp_path) as here:
            await here.finish("a", receiver.url)
            await here.due(10)
        async with gateway(tmp_path, now=5) as here:
            await here.due(10)
            here.wait_until(10)
            await here.due(20)
        async with gateway(tmp_path, now=100) as here:
            await here.due(None)
    assert len(receiver.told) == 3


async def test_a_try_that_the_end_cuts_off_is_made_again(tmp_path: Path) -> None:
    async with receiving() as receiver:
        async with gateway(tmp_path) as here:
            await here.finish("a", f"{receiver.url}/slow")
            await receiver.heard(1)
        receiver.let.set()
        async with gateway(tmp_path, now=5) as here:
            await here.due(15)
            here.wait_until(15)
            await here.due(None)
    assert len(receiver.told) == 2


async def test_a_server_that_does_not_answer_holds_up_nobody_else(tmp_path: Path) -> None:
    async with receiving() as receiver, gateway(tmp_path) as here:
        await here.finish("a", f"{receiver.url}/slow")
        await receiver.heard(1)
        await here.finish("b", f"{receiver.url}/fast")
        await receiver.heard(2)
    assert [path for path, _ in receiver.told] == ["/slow", "/fast"]


async def test_with_too_many_under_way_the_next_waits_for_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "AT_ONCE", 1)
    async with receiving() as receiver, gateway(tmp_path) as here:
        await here.finish("a", f"{receiver.url}/slow")
        await receiver.heard(1)
        await here.finish("b", receiver.url)
        await here.due(0)
        assert len(receiver.told) == 1
        receiver.let.set()
        await here.due(None)
    assert [document["id"] for _, document in receiver.told] == ["a", "b"]


async def test_the_log_tells_of_what_was_not_accepted_but_not_the_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with receiving(503) as receiver, gateway(tmp_path) as here:
        await here.finish("a", f"{receiver.url}/?token=secret")
        await here.due(10)
    assert caplog.messages == ["the webhook of job a did not accept: status 503"]


async def test_the_log_tells_when_a_webhook_is_given_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with receiving(503, 503, 503) as receiver, gateway(tmp_path) as here:
        await here.finish("a", f"{receiver.url}/?token=secret")
        for moment in (10, 20):
            await here.due(moment)
            assert "given up" not in caplog.text
            here.wait_until(moment)
        await eventually(lambda: "given up" in caplog.text)
    assert caplog.messages[-1] == "the webhook of job a is given up after 3 tries"


async def test_what_was_accepted_at_last_is_not_given_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with receiving(503, 503, 200) as receiver, gateway(tmp_path) as here:
        await here.finish("a", receiver.url)
        for moment in (10, 20):
            await here.due(moment)
            here.wait_until(moment)
        await here.due(None)
    assert "given up" not in caplog.text


async def test_tries_that_were_cut_off_do_not_count_when_it_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "AT_ONCE", 1)
    async with receiving() as receiver, gateway(tmp_path) as here:
        await here.finish("a", f"{receiver.url}/slow")
        await receiver.heard(1)
        await here.run_again()
        await here.finish("b", receiver.url)
        await receiver.heard(2)
    assert [document["id"] for _, document in receiver.told] == ["a", "b"]
