import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import aiohttp
import pytest

from dragoman.errors import CrashLoopError, EngineStartError
from dragoman.process import doorman, kinship
from dragoman.process.address import Address
from dragoman.process.boots import Boots
from dragoman.process.channel import (
    Ended,
    Failed,
    Fetched,
    Fetching,
    Hopeless,
    Phase,
    Preparing,
    Ready,
    Retire,
    Started,
)
from dragoman.process.doorman import Doorman, Late, Restart, Terminate
from dragoman.process.plan import Plan
from dragoman.process.restarts import RestartPolicy
from dragoman.process.timeline import Boot, BootPhase, BootReport
from dragoman.process.tree import Gone
from dragoman.serving.lifecycle import Status
from tests.plans import SPARE
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

PID = 2**22 + 1  # more than any pid there is


class FakeTree:
    """Notes what the doorman has it do; each start is answered by the next part of the story."""

    log: ClassVar[list[str]] = []
    reports: ClassVar[list[BootReport]] = []
    story: ClassVar[Iterator[list[object]]] = iter([])

    def __init__(self, plan: Plan, environment: object, output: object, tell: Callable[[object], None]) -> None:
        self._tell = tell

    async def __aenter__(self) -> "FakeTree":
        self.log.append("tree")
        return self

    async def __aexit__(self, *error: object) -> None:
        self.log.append("end")

    async def bury_orphans(self) -> None:
        self.log.append("bury")

    def tell_server(self, report: BootReport) -> None:
        self.reports.append(report)

    def fork_server(self, restarts: int) -> None:
        self.log.append(f"fork {restarts}")
        for event in next(self.story, []):
            self._tell(event)


@pytest.fixture
async def worker(monkeypatch: pytest.MonkeyPatch, anyio_backend: str) -> AsyncIterator[Doorman]:
    monkeypatch.setattr(doorman, "Tree", FakeTree)
    monkeypatch.setattr(FakeTree, "log", [])
    monkeypatch.setattr(FakeTree, "reports", [])
    monkeypatch.setattr(kinship, "adopt_orphans", lambda: None)
    with Address("127.0.0.1", 0).bind() as sock:
        plan = replace(SPARE, grace=30, listen_fd=sock.fileno(), channel_fd=-1)
        worker = Doorman(plan, sock, {})
        monkeypatch.setattr(worker, "_policy", RestartPolicy((0.0, 0.0)))
        yield worker
        if (serving := worker._listener.close()) is not None:
            await serving


def tell(monkeypatch: pytest.MonkeyPatch, *parts: list[object]) -> None:
    monkeypatch.setattr(FakeTree, "story", iter(parts))


SERVES: list[object] = [Phase("importing"), Started(PID), Ready(PID)]
TERMINATED: list[object] = [Terminate(), Ended(PID, 0)]


async def test_a_worker_that_is_terminated_drains_and_ends_well(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, [*SERVES, *TERMINATED])
    assert await worker.run() == 0
    assert FakeTree.log == ["tree", "fork 0", "end"]


async def test_a_worker_that_is_terminated_before_there_is_a_server_ends_at_once(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, [Phase("importing"), Terminate()])
    assert await worker.run() == 0


async def test_a_server_that_is_to_be_replaced_ends_the_worker_as_a_signal_does(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(doorman, "send_signal", lambda pid, number: signals.append((pid, number)))
    tell(monkeypatch, [*SERVES, Retire()])
    worker._later(0.05, Ended(PID, 0))
    assert await worker.run() == 0
    assert signals[-1] == (PID, signal.SIGTERM)


async def test_a_start_that_takes_too_long_is_given_up(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_patience", 0.01)
    tell(monkeypatch, [Phase("loading"), Started(PID)])
    with pytest.raises(EngineStartError, match=r"not ready within 0.01 s \(startup_timeout\), at: loading;"):
        await worker.run()


async def test_a_start_that_was_in_time_is_not_given_up_later(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, [*SERVES, Late(), *TERMINATED])
    assert await worker.run() == 0


async def test_probes_have_a_port_of_their_own(monkeypatch: pytest.MonkeyPatch, anyio_backend: str) -> None:
    monkeypatch.setattr(doorman, "Tree", FakeTree)
    monkeypatch.setattr(kinship, "adopt_orphans", lambda: None)
    tell(monkeypatch, [Phase("loading"), Started(PID)])
    with Address("127.0.0.1", 0).bind() as sock, Address("127.0.0.1", 0).bind() as health:
        plan = replace(SPARE, grace=30, listen_fd=sock.fileno(), channel_fd=-1)
        worker = Doorman(plan, sock, {}, health_sock=health)
        running = asyncio.create_task(worker.run())
        url = f"http://127.0.0.1:{health.getsockname()[1]}"
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/health") as answer:
                assert (answer.status, (await answer.json())["phase"]) == (503, "loading")
            async with session.get(f"{url}/v1/models") as answer:
                assert answer.status == 404
        worker._events.put_nowait(Terminate())
        await running
        for listener in filter(None, (worker._listener, worker._health)):
            if (serving := listener.close()) is not None:
                await serving


async def test_a_second_signal_cuts_the_drain_short(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, [*SERVES, Terminate(), Terminate()])
    assert await worker.run() == 1


@pytest.mark.parametrize(("echo", "events"), [(doorman.ECHO, 1), (0.0, 3)])
async def test_the_echoes_of_a_signal_count_for_nothing(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch, echo: float, events: int
) -> None:
    monkeypatch.setattr(doorman, "ECHO", echo)
    for _ in range(3):
        worker._signalled(signal.SIGTERM)
    assert worker._events.qsize() == events


async def test_another_signal_is_no_echo(worker: Doorman) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        worker._signalled(number)
    assert worker._events.qsize() == 2


async def test_a_drain_that_takes_too_long_is_cut_short_too(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorman, "OVERTIME", 0)
    monkeypatch.setattr(worker, "_plan", replace(worker._plan, grace=0))
    tell(monkeypatch, [*SERVES, Terminate()])
    assert await worker.run() == 0


async def test_a_server_that_becomes_ready_while_it_drains_gets_no_requests(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, [Started(PID), Terminate(), Ready(PID), Ended(PID, 0)])
    assert await worker.run() == 0
    assert worker._lifecycle.status is Status.DRAINING


async def test_a_server_that_is_ready_may_accept(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(doorman, "send_signal", lambda pid, number: signals.append((pid, number)))
    tell(monkeypatch, [*SERVES, *TERMINATED])
    await worker.run()
    assert signals == [(PID, signal.SIGUSR1), (PID, signal.SIGTERM)]


@pytest.mark.parametrize("death", [Ended(PID, -9), Ended(PID, 3), Ended(PID, 0)])
async def test_a_server_that_dies_is_forked_again(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch, death: Ended
) -> None:
    tell(monkeypatch, [*SERVES, Failed("EngineCore died"), death], [*SERVES, *TERMINATED])
    assert await worker.run() == 0
    assert FakeTree.log == ["tree", "fork 0", "bury", "fork 1", "end"]


@pytest.mark.parametrize("death", [Gone(-9), Gone(1)])
async def test_a_preloader_that_dies_is_replaced(worker: Doorman, monkeypatch: pytest.MonkeyPatch, death: Gone) -> None:
    tell(monkeypatch, [*SERVES, death], [*SERVES, *TERMINATED])
    assert await worker.run() == 0
    assert FakeTree.log == ["tree", "fork 0", "end", "tree", "fork 1", "end"]


async def test_a_restart_is_not_for_a_tree_that_came_after(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = Restart(FakeTree(worker._plan, None, None, print))  # type: ignore[arg-type]
    tell(monkeypatch, [*SERVES, earlier, *TERMINATED])
    assert await worker.run() == 0
    assert FakeTree.log == ["tree", "fork 0", "end"]


async def test_the_worker_answers_in_the_servers_place(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, [*SERVES, Failed("EngineCore died")])
    running = asyncio.create_task(worker.run())
    await eventually(lambda: worker._lifecycle.status is Status.RESTARTING)
    reader, writer = await asyncio.open_connection(*worker._listener._sock.getsockname())
    writer.write(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b'"status":"restarting"' in answer
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("death", [Ended(PID, 3), Gone(1)])
async def test_an_engine_that_cannot_start_is_not_tried_again(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch, death: Ended | Gone
) -> None:
    tell(monkeypatch, [Started(PID), Failed("no such model"), death])
    with pytest.raises(EngineStartError, match="the engine did not start: no such model"):
        await worker.run()
    assert FakeTree.log[-1] == "end"


async def test_an_engine_that_is_killed_while_it_starts_is_tried_again_and_given_up_in_the_end(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, *[[Started(PID), Ended(PID, -9)]] * 3)
    with pytest.raises(EngineStartError, match="the engine did not start: killed by SIGKILL"):
        await worker.run()
    assert FakeTree.log == ["tree", "fork 0", "bury", "fork 1", "bury", "fork 2", "bury", "end"]


async def test_an_engine_that_dies_again_and_again_is_given_up(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, *[[*SERVES, Ended(PID, -11)]] * 3)
    with pytest.raises(CrashLoopError, match="the engine dies again and again: killed by SIGSEGV"):
        await worker.run()


async def test_a_steady_run_makes_the_failures_before_it_good(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.process.restarts.STEADY", 0.0)
    tell(monkeypatch, *[[*SERVES, Ended(PID, -9)]] * 10, [*SERVES, *TERMINATED])
    assert await worker.run() == 0
    assert FakeTree.log.count("bury") == 10


@pytest.mark.parametrize(("code", "manner"), [(0, "exit code 0"), (-11, "killed by SIGSEGV"), (3, "exit code 3")])
async def test_what_ends_the_preloader_before_the_engine_is_imported_is_not_tried_again(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch, code: int, manner: str
) -> None:
    tell(monkeypatch, [Preparing("running its code"), Gone(code)])
    with pytest.raises(
        EngineStartError, match=f"the engine did not start: running its code ended the process: {manner}"
    ):
        await worker.run()
    assert FakeTree.log == ["tree", "fork 0", "end"]


async def test_what_a_preloader_had_to_prepare_is_over_when_it_imports(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, [Preparing("running its code"), Phase("importing"), Gone(-9)], [*SERVES, *TERMINATED])
    assert await worker.run() == 0


@pytest.fixture
def told(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """With what the platform is told that the worker gives up, each time."""
    told: list[object] = []

    async def failed(settings: object) -> None:
        told.append((settings, FakeTree.log[-1]))

    monkeypatch.setattr("dragoman.platforms.plain.app.failed", failed)
    return told


@pytest.mark.parametrize(
    "story",
    [
        [[Failed("no such model"), Gone(3)]],
        [[Preparing("running its code"), Gone(0)]],
        [[Started(PID), Failed("no such model"), Ended(PID, 3)]],
        [[Started(PID), Late()]],
        [[Started(PID), Ended(PID, -9)]] * 3,
        [[*SERVES, Ended(PID, -11)]] * 3,
    ],
)
async def test_a_platform_is_told_once_when_all_has_ended_that_the_worker_gives_up(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch, told: list[object], story: list[list[object]]
) -> None:
    monkeypatch.setattr(worker, "_patience", 60.0)
    tell(monkeypatch, *story)
    with pytest.raises((EngineStartError, CrashLoopError)):
        await worker.run()
    assert told == [({}, "end")]


@pytest.mark.parametrize("story", [[*SERVES, *TERMINATED], [*SERVES, Terminate(), Terminate()], [Terminate()]])
async def test_a_platform_is_not_told_of_a_worker_that_was_asked_to_end(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch, told: list[object], story: list[object]
) -> None:
    tell(monkeypatch, story)
    await worker.run()
    assert told == []


async def test_a_start_is_told_by_its_phases(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    download = [Fetching("downloading org/name: 0.0 of 4.4 GB (0 %)"), Fetched()]
    tell(monkeypatch, [Phase("importing"), *download, Started(PID), Phase("configuring"), Ready(PID), *TERMINATED])
    await worker.run()
    [report] = FakeTree.reports
    assert report.boot.durations.keys() == {"launching", "importing", "downloading", "configuring"}
    assert report.last is None
    assert worker._lifecycle.snapshot()["boot"] == report.summary()


async def test_a_start_that_is_under_way_is_told_beside_the_last_one(worker: Doorman, tmp_path: Path) -> None:
    worker._boots = Boots(tmp_path / "boots.json")
    worker._boots.keep(Boot(9.4, (BootPhase("launching", 0.0, 1.0), BootPhase("importing", 1.0, 8.4))))
    worker._boots.keep(Boot(2.0, (BootPhase("configuring", 0.0, 2.0),)))
    first = worker._lifecycle.snapshot()["boot"]
    worker._enter("importing")
    second = worker._lifecycle.snapshot()["boot"]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["last_total"], [phase["name"] for phase in first["phases"]]) == (9.4, ["launching"])
    assert (second["last_total"], [phase["name"] for phase in second["phases"]]) == (9.4, ["launching", "importing"])


async def test_a_restart_is_told_by_its_own_phases(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[object] = [Started(PID), Phase("configuring"), Ready(PID), *TERMINATED]
    tell(monkeypatch, [*SERVES, Failed("EngineCore died"), Ended(PID, -9)], again)
    await worker.run()
    names = [[phase.name for phase in report.boot.phases] for report in FakeTree.reports]
    assert names == [["launching", "importing"], ["restarting", "configuring"]]


async def test_a_start_is_compared_with_the_last_one_that_did_the_same(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker._boots = Boots(tmp_path / "boots.json")
    again: list[object] = [Phase("importing"), *SERVES, *TERMINATED]
    tell(monkeypatch, [*SERVES, Gone(-9)], again)
    await worker.run()
    first, second = FakeTree.reports
    assert (first.last, second.last) == (None, first.boot)


async def test_a_download_is_shown_beside_the_phase(worker: Doorman, monkeypatch: pytest.MonkeyPatch) -> None:
    what = "downloading org/name: 1.2 of 4.4 GB (27 %)"
    tell(monkeypatch, [Phase("importing"), Fetching(what), Terminate()])
    phases: list[str] = []
    monkeypatch.setattr(worker, "_show", phases.append)
    await worker.run()
    assert phases == ["importing", f"importing, {what}"]


async def test_what_makes_every_start_fail_ends_the_worker_at_once(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, [Phase("importing"), Hopeless("org/name is gated")])
    with pytest.raises(EngineStartError, match="the engine did not start: org/name is gated"):
        await worker.run()
    assert FakeTree.log[-1] == "end"


async def test_a_worker_that_has_served_outlives_what_cannot_be_had_for_now(
    worker: Doorman, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(
        monkeypatch, [*SERVES, Gone(-9)], [Phase("importing"), Hopeless("S3 is away"), Gone(3)], [*SERVES, *TERMINATED]
    )
    assert await worker.run() == 0


LINES = [
    "INFO [cpu_model_runner.py:68] Starting to load model org/name...",
    "INFO [default_loader.py:501] Loading weights took 0.01 seconds",
    "INFO [default_loader.py:501] Starting to load model org/draft...",
    "INFO [kv_cache_utils.py:2327] CPU KV cache size: 262,144 tokens",
]


async def test_the_engines_lines_tell_how_far_it_is(worker: Doorman) -> None:
    worker._enter("starting EngineCore")
    for line in LINES:
        worker._heed(line)
    worker._enter("building the application")
    names = [phase.name for phase in worker._timeline.boot().phases]
    loading = ["loading the weights", "sizing the KV cache", "warming up EngineCore"]
    assert names == ["launching", "starting EngineCore", *loading, "building the application"]


async def test_the_engines_lines_mean_nothing_while_it_does_not_start(worker: Doorman) -> None:
    for line in LINES:
        worker._heed(line)
    assert worker._timeline.phase == "launching"
