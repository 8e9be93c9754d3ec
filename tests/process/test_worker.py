import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.processes import is_alive
from tests.upstream import WORDS, Upstream, delta, event, eventually
from tests.workers import Worker, worker

pytestmark = pytest.mark.anyio

SERVER = "dragoman server"
PRELOADER = "dragoman preloader"
HEAVY = ("vllm", "torch", "transformers")


@pytest.fixture
async def starting(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Worker]:
    """A worker whose engine is away."""
    upstream.status = 503
    async with worker(tmp_path, "--engine-url", upstream.url) as running:
        await running.listening()
        yield running


@pytest.fixture
async def ready(upstream: Upstream, tmp_path: Path) -> AsyncIterator[Worker]:
    async with worker(tmp_path, "--engine-url", upstream.url) as running:
        await running.ready()
        yield running


async def nothing_is_left(running: Worker, family: dict[str, int]) -> None:
    await eventually(lambda: not any(map(is_alive, family.values())))
    assert list(running.directory.iterdir()) == []


async def test_a_worker_answers_from_its_first_second_and_serves_when_its_engine_does(
    starting: Worker, upstream: Upstream
) -> None:
    await eventually(lambda: any("waiting for" in line for line in starting.lines))
    status, body = await starting.health()
    assert (status, set(body)) == (503, {"status", "phase", "seconds", "boot"})
    assert (body["status"], body["phase"]) == ("starting", f"waiting for {upstream.url}")
    async with starting.chat("any") as response:
        assert (response.status, response.headers["retry-after"]) == (503, "5")
    upstream.status = 200
    await eventually(starting.is_ready)
    async with starting.chat("any", stream=False) as response:
        assert (response.status, (await response.json())["object"]) == (200, "chat.completion")


async def test_no_attempt_is_refused_from_the_first_line_to_the_engines_answers(
    starting: Worker, upstream: Upstream
) -> None:
    statuses: list[int] = []

    async def ask() -> None:
        while statuses.count(200) < 200:
            async with starting.get("/v1/models") as response:
                statuses.append(response.status)
                await response.read()

    clients = [asyncio.create_task(ask()) for _ in range(8)]
    await eventually(lambda: len(statuses) > 100)
    upstream.status = 200
    await asyncio.gather(*clients)
    assert set(statuses) == {503, 200}


async def test_streams_pass_event_by_event(ready: Worker, upstream: Upstream) -> None:
    async with ready.chat("gated") as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readany() == delta(WORDS[0])
        upstream.gate.set()
        assert await response.content.read() == delta(WORDS[1]) + event(b"[DONE]")


async def test_a_client_that_leaves_ends_the_engines_request(ready: Worker, upstream: Upstream) -> None:
    async with ready.chat("endless") as response:
        await response.content.readany()
        assert upstream.streaming == 1
    await eventually(lambda: upstream.streaming == 0)


async def test_metrics_are_the_engines_and_the_workers(ready: Worker) -> None:
    async with ready.get("/metrics") as response:
        text = await response.text()
    assert "vllm:num_requests_running" in text
    assert "dragoman_restarts_total 0.0" in text


async def test_health_falls_with_the_engine_and_comes_back(ready: Worker, upstream: Upstream) -> None:
    upstream.status = 503
    await eventually(lambda: not_ready(ready))
    upstream.status = 200
    await eventually(ready.is_ready)


async def not_ready(running: Worker) -> bool:
    return not await running.is_ready()


async def is_draining(running: Worker) -> bool:
    status, body = await running.health()
    return (status, body["status"]) == (503, "draining")


async def refuses(running: Worker) -> bool:
    async with running.chat("any") as response:
        return response.status == 503


@pytest.mark.parametrize("victim", [SERVER, PRELOADER])
async def test_a_worker_serves_again_when_one_of_its_processes_is_killed(ready: Worker, victim: str) -> None:
    before = ready.family()
    os.kill(before[victim], signal.SIGKILL)
    await eventually(lambda: not is_alive(before[SERVER]))
    await eventually(ready.is_ready)
    async with ready.get("/metrics") as response:
        assert "dragoman_restarts_total 1.0" in await response.text()
    after = ready.family()
    assert after.keys() == before.keys()
    assert (after[PRELOADER] == before[PRELOADER]) is (victim == SERVER)


@pytest.mark.parametrize("victim", [SERVER, PRELOADER])
async def test_a_start_survives_the_end_of_one_of_its_processes(
    starting: Worker, upstream: Upstream, victim: str
) -> None:
    await eventually(lambda: starting.family().keys() == {SERVER, PRELOADER})
    before = starting.family()
    os.kill(before[victim], signal.SIGKILL)
    await eventually(lambda: not is_alive(before[SERVER]))
    upstream.status = 200
    await eventually(starting.is_ready)
    assert starting.family().keys() == before.keys()


async def test_a_doorman_that_is_killed_while_the_engine_starts_leaves_no_process(starting: Worker) -> None:
    await eventually(lambda: starting.family().keys() == {SERVER, PRELOADER})
    family = starting.family()
    starting.send_signal(signal.SIGKILL)
    await starting.ended()
    await eventually(lambda: not any(map(is_alive, family.values())))


async def test_the_doorman_keeps_nothing_open_of_processes_that_died(ready: Worker) -> None:
    doorman = psutil.Process(ready.process.pid)

    async def kill(victim: str) -> None:
        before = ready.family()
        os.kill(before[victim], signal.SIGKILL)
        await eventually(lambda: not is_alive(before[SERVER]))
        await eventually(ready.is_ready)

    await kill(PRELOADER)
    before = doorman.num_fds()
    await kill(PRELOADER)
    await kill(SERVER)
    await eventually(lambda: doorman.num_fds() == before)


async def test_a_doorman_that_is_killed_leaves_no_process_and_its_directory_to_the_next_worker(
    ready: Worker, upstream: Upstream
) -> None:
    family = ready.family()
    assert family.keys() == {SERVER, PRELOADER}
    ready.send_signal(signal.SIGKILL)
    await ready.ended()
    await eventually(lambda: not any(map(is_alive, family.values())))
    left = set(ready.directory.iterdir())
    async with worker(ready.directory, "--engine-url", upstream.url) as successor:
        await successor.listening()
        assert left.isdisjoint(ready.directory.iterdir())


async def test_termination_lets_a_stream_finish_and_nothing_new_in(ready: Worker, upstream: Upstream) -> None:
    family = ready.family()
    async with ready.chat("gated") as response:
        assert await response.content.readany() == delta(WORDS[0])
        ready.send_signal(signal.SIGTERM)
        await eventually(lambda: is_draining(ready))
        await eventually(lambda: refuses(ready))
        upstream.gate.set()
        assert await response.content.read() == delta(WORDS[1]) + event(b"[DONE]")
    assert await ready.ended() == 0
    await nothing_is_left(ready, family)


async def test_a_second_signal_cuts_the_stream_short(ready: Worker) -> None:
    family = ready.family()
    async with ready.chat("gated") as response:
        await response.content.readany()
        ready.send_signal(signal.SIGTERM)
        await eventually(lambda: any("draining" in line for line in ready.lines))
        ready.send_signal(signal.SIGINT)
        assert await ready.ended() == 1
    await nothing_is_left(ready, family)


async def test_the_grace_period_ends_a_drain(upstream: Upstream, tmp_path: Path) -> None:
    async with worker(tmp_path, "--engine-url", upstream.url, "--grace-period", "0") as running:
        await running.ready()
        async with running.chat("gated") as response:
            await response.content.readany()
            running.send_signal(signal.SIGTERM)
            assert await running.ended() == 0
    assert any("requests that did not end within 1 s are broken off: 1" in line for line in running.lines)
    assert not any("Traceback" in line for line in running.lines)
    assert list(tmp_path.iterdir()) == []


async def test_a_unix_socket_is_served_before_and_after_the_engine_is_there(upstream: Upstream, tmp_path: Path) -> None:
    path, directory = tmp_path / "socket", tmp_path / "temporary"
    directory.mkdir()
    upstream.status = 503
    async with (
        worker(directory, "--engine-url", upstream.url, "--uds", str(path)) as running,
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path), force_close=True)) as session,
    ):

        async def health() -> int:
            async with session.get("http://worker/health") as response:
                return response.status

        await eventually(path.exists)
        assert await health() == 503
        upstream.status = 200

        async def is_ready() -> bool:
            return await health() == 200

        await eventually(is_ready)
        running.send_signal(signal.SIGTERM)
        assert await running.ended() == 0
    assert not path.exists()


async def test_termination_while_the_engine_is_away_ends_at_once(starting: Worker) -> None:
    await eventually(lambda: SERVER in starting.family())
    family = starting.family()
    starting.send_signal(signal.SIGTERM)
    assert await starting.ended() == 0
    assert not any("killed" in line for line in starting.lines)
    await nothing_is_left(starting, family)


async def test_termination_in_the_first_moment_ends_well(starting: Worker) -> None:
    await eventually(lambda: bool(starting.family()))
    starting.send_signal(signal.SIGTERM)
    assert await starting.ended() == 0
    assert not any("Traceback" in line for line in starting.lines)


async def test_a_port_in_use_is_one_line(upstream: Upstream, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with worker(tmp_path, "--engine-url", upstream.url, "--port", str(port)) as running:
            assert await running.ended() == 2
    message = f"port {port} on 127.0.0.1 is already in use; choose another one or end the process that holds it"
    assert running.lines == [f"dragoman: error: {message}"]


async def test_an_engine_that_cannot_be_imported_ends_the_worker_with_its_last_lines(tmp_path: Path) -> None:
    broken = tmp_path / "modules" / "vllm"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text('raise RuntimeError("this build needs another GPU")')
    directory = tmp_path / "temporary"
    directory.mkdir()
    async with worker(directory, variables={"PYTHONPATH": str(broken.parent)}) as running:
        assert await running.ended() == 3
    reason = "RuntimeError: this build needs another GPU"
    assert f"dragoman: error: the engine did not start: {reason}; its last lines:" in running.lines
    assert running.lines[-1] == f"  {reason}"
    assert list(directory.iterdir()) == []


async def test_the_doorman_imports_nothing_heavy(upstream: Upstream, tmp_path: Path) -> None:
    async with worker(tmp_path, "--engine-url", upstream.url, variables={"PYTHONPROFILEIMPORTTIME": "1"}) as running:
        await running.ready()
        imported = {line.rpartition("|")[2].strip() for line in running.lines if line.startswith("import time:")}
        assert "dragoman.process.doorman" in imported
        assert not {name for name in imported if name.partition(".")[0] in HEAVY}
        maps = Path(f"/proc/{running.process.pid}/maps").read_text()
        assert "libtorch" not in maps


def test_importing_the_doorman_imports_nothing_heavy() -> None:
    code = "import sys, dragoman.process.doorman; print({name.partition('.')[0] for name in sys.modules})"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [name for name in HEAVY if f"'{name}'" in shown]


async def test_the_engines_lines_are_shown_once_and_prefixed(starting: Worker) -> None:
    await eventually(lambda: SERVER in starting.family())
    assert all(line.startswith(("dragoman | ", "access | ", "engine | ")) for line in starting.lines)
    assert len([line for line in starting.lines if "importing" in line]) == 1
