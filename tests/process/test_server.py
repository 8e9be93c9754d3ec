import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import orjson
import pytest
from starlette.types import Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.errors import EngineStartError
from dragoman.process.address import Address
from dragoman.process.channel import Booted, Channel, Failed, Message, Phase, Ready, Retire
from dragoman.process.plan import Plan
from dragoman.process.server import LONGEST_REASON, _Server, one_line
from dragoman.process.timeline import Boot, BootPhase, BootReport
from dragoman.serving.suspects import GUILTY
from dragoman.serving.warmup import LATER_REQUESTS
from tests.engines import FakeEngine
from tests.plans import SPARE

pytestmark = pytest.mark.anyio

ROUTES = {"/v1/completions": (200, "{}"), "/v1/models": (200, "models")}
BEGINNING = [Phase("opening"), Phase("warming up")]


class MortalEngine(FakeEngine):
    """Dies when it is told why."""

    def __init__(self, answers: dict[str, tuple[int, str]]) -> None:
        super().__init__(answers, frozenset({"generate"}))
        self.end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def death(self) -> str:
        return await self.end

    def dies_of(self, path: str) -> None:
        """Dies as soon as it is asked this."""
        answer = self.app

        async def dying(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == path and not self.end.done():
                self.well = False
                self.end.set_result("EngineCore died")
            await answer(scope, receive, send)

        self.app = dying


class FakeIntake:
    """Works until it is closed, and then until its last piece of work may end."""

    def __init__(self) -> None:
        self.working = asyncio.Event()
        self.closed = asyncio.Event()
        self.may_end = asyncio.Event()
        self.ended = False
        self.problem: Exception | None = None

    async def run(self) -> None:
        self.working.set()
        await self.closed.wait()
        await self.may_end.wait()
        if self.problem:
            raise self.problem
        self.ended = True

    def close(self) -> None:
        self.closed.set()


class FakeSource:
    """Opens the engine once it may."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine
        self.may_open = asyncio.Event()
        self.is_open = False

    def prepare(self, plan: Plan, report: Callable[[str], None]) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def open(self, report: Callable[[str], None]) -> AsyncIterator[Engine]:
        report("opening")
        await self.may_open.wait()
        self.is_open = True
        try:
            yield self._engine
        finally:
            self.is_open = False


class Process:
    """What would be the server process, run in this one, and its doorman's end of things."""

    def __init__(self, sock: socket.socket, answers: dict[str, tuple[int, str]]) -> None:
        self.engine = MortalEngine(answers)
        self.source = FakeSource(self.engine)
        self.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        self.channel, self._theirs = Channel.pair()
        plan = replace(SPARE, grace=30, listen_fd=os.dup(sock.fileno()), channel_fd=-1)
        self._server = _Server(plan, self._theirs, self.source, 0)
        self._running = asyncio.create_task(self._server.run())

    async def hear(self, count: int) -> list[Message | None]:
        return [await asyncio.to_thread(self.channel.receive) for _ in range(count)]

    async def ended(self) -> int:
        return await self._running

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            return response.status, await response.text()

    async def close(self) -> None:
        self._server._terminated.set()
        await asyncio.wait([self._running])
        self.channel.close()
        self._theirs.close()


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with Address("127.0.0.1", 0).bind() as sock:
        yield sock


@pytest.fixture
async def process(
    anyio_backend: str, sock: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Process]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    process = Process(sock, ROUTES)
    yield process
    await process.close()


async def test_it_serves_when_it_is_let(process: Process) -> None:
    process.source.may_open.set()
    assert await process.hear(3) == [*BEGINNING, Ready(os.getpid())]
    os.kill(os.getpid(), signal.SIGUSR1)
    assert await process.get("/v1/models") == (200, "models")
    os.kill(os.getpid(), signal.SIGTERM)
    assert await process.ended() == 0
    assert not process.source.is_open


async def test_the_first_token_comes_before_the_first_request(process: Process) -> None:
    process.source.may_open.set()
    await process.hear(3)
    first, *later = (request.url.path for request, _ in process.engine.seen)
    assert first == "/v1/completions"
    assert len(later) == len(LATER_REQUESTS)


async def test_an_engine_that_dies_ends_it_with_the_reason(process: Process) -> None:
    process.source.may_open.set()
    await process.hear(3)
    os.kill(os.getpid(), signal.SIGUSR1)
    await process.get("/v1/models")
    process.engine.end.set_result("EngineCore died")
    assert await process.hear(1) == [Failed("EngineCore died")]
    assert await process.ended() == EngineStartError.exit_code
    assert not process.source.is_open


async def test_a_warm_up_that_kills_the_engine_is_given_up_in_the_end(
    sock: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for _ in range(GUILTY):
        process = Process(sock, ROUTES)
        process.engine.dies_of("/v1/chat/completions")
        await admitted(process)
        assert await process.ended() == EngineStartError.exit_code
        await process.close()
    process = Process(sock, ROUTES)
    process.engine.dies_of("/v1/chat/completions")
    await admitted(process)
    assert await process.get("/v1/models") == (200, "models")
    assert process.engine.well
    await process.close()


async def test_it_tells_what_its_start_was_made_of(process: Process) -> None:
    process.source.may_open.set()
    await process.hear(3)
    boot = Boot(3.0, (BootPhase("configuring", 0.0, 2.0),))
    process.channel.send(Booted(BootReport(boot, last=None).to_json()))
    os.kill(os.getpid(), signal.SIGUSR1)
    _, health = await process.get("/health")
    phases = [{"name": "configuring", "begins": 0.0, "seconds": 2.0}]
    assert orjson.loads(health)["boot"] == {"phases": phases, "total": 3.0, "last_total": None}
    _, metrics = await process.get("/metrics")
    assert 'dragoman_boot_phase_seconds{phase="configuring"} 2.0' in metrics


async def test_it_ends_at_once_while_the_engine_is_not_there(process: Process) -> None:
    await process.hear(1)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await process.ended() == 0


async def test_it_ends_at_once_before_it_was_let(process: Process) -> None:
    process.source.may_open.set()
    await process.hear(3)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await process.ended() == 0
    assert not process.source.is_open


async def test_an_engine_without_a_first_token_does_not_serve(anyio_backend: str, sock: socket.socket) -> None:
    process = Process(sock, {"/v1/completions": (500, "broken")})
    process.source.may_open.set()
    with pytest.raises(EngineStartError, match="the first request was answered 500: broken"):
        await process.ended()
    await process.close()


@pytest.fixture
def intake(monkeypatch: pytest.MonkeyPatch) -> FakeIntake:
    intake = FakeIntake()
    monkeypatch.setattr("dragoman.platforms.plain.app.intake", lambda engine, settings: intake)
    return intake


async def admitted(process: Process) -> None:
    process.source.may_open.set()
    await process.hear(3)
    os.kill(os.getpid(), signal.SIGUSR1)


async def test_it_takes_no_work_before_it_is_let(intake: FakeIntake, process: Process) -> None:
    process.source.may_open.set()
    await process.hear(3)
    assert not intake.working.is_set()
    os.kill(os.getpid(), signal.SIGUSR1)
    await intake.working.wait()
    intake.may_end.set()
    os.kill(os.getpid(), signal.SIGTERM)
    await process.ended()


async def test_work_that_was_taken_is_done_after_a_signal(intake: FakeIntake, process: Process) -> None:
    await admitted(process)
    await intake.working.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await intake.closed.wait()
    assert process.source.is_open
    intake.may_end.set()
    assert await process.ended() == 0
    assert intake.ended


async def test_work_under_way_may_end_when_the_engine_has_died(intake: FakeIntake, process: Process) -> None:
    await admitted(process)
    await intake.working.wait()
    process.engine.end.set_result("EngineCore died")
    await intake.closed.wait()
    intake.may_end.set()
    assert await process.ended() == EngineStartError.exit_code
    assert intake.ended
    process._theirs.close()
    assert await process.hear(2) == [Failed("EngineCore died"), None]


@pytest.mark.parametrize("problem", [None, RuntimeError("a bug")])
async def test_a_worker_whose_intake_ends_is_to_be_replaced(
    intake: FakeIntake, process: Process, problem: Exception | None
) -> None:
    intake.problem = problem
    intake.close()
    intake.may_end.set()
    await admitted(process)
    assert await process.hear(1) == [Retire()]
    os.kill(os.getpid(), signal.SIGTERM)
    assert await process.ended() == 0


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("too\n  long"), "ValueError: too long"),
        (RuntimeError(), "RuntimeError"),
        (EngineStartError("the first request was answered 500"), "the first request was answered 500"),
        (KeyError("x" * 10_000), "KeyError: '" + "x" * (LONGEST_REASON - 1)),
    ],
    ids=repr,
)
def test_an_error_is_one_line_and_not_endless(error: Exception, line: str) -> None:
    assert one_line(error) == line
