import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import psutil
import pytest

from dragoman.cluster import worker_process
from dragoman.cluster.order import Order
from dragoman.cluster.worker_process import WorkerProcess
from dragoman.errors import EngineStartError
from dragoman.serving.probes import HEALTH
from tests.processes import is_alive, program, wait_until
from tests.upstream import Upstream, eventually

pytestmark = pytest.mark.anyio

HOST = "127.0.0.1"
# A worker that starts, for a program that is killed.
START = """
import asyncio, os, sys
from dragoman.cluster.order import Order
from dragoman.cluster.worker_process import WorkerProcess

async def main():
    worker = await WorkerProcess.start(Order(tuple(sys.argv[1:]), dict(os.environ)), "127.0.0.1", "/health")
    await worker.ready()
    print(worker._process.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def arguments(upstream: Upstream, *more: str) -> tuple[str, ...]:
    return ("--platform", "plain", "--engine-url", upstream.url, "--grace-period", "5", *more)


@asynccontextmanager
async def started(
    *flags: str, environment: Mapping[str, str] | None = None, directory: str | None = None, host: str = HOST
) -> AsyncIterator[WorkerProcess]:
    """A worker, which is ended in the end."""
    variables = {**os.environ, "DRAGOMAN_LOG_FORMAT": "human", **(environment or {})}
    worker = await WorkerProcess.start(Order(flags, variables, directory), host, HEALTH)
    try:
        yield worker
    finally:
        await worker.end(20)


async def test_a_worker_serves_until_it_is_ended(upstream: Upstream, capfd: pytest.CaptureFixture[str]) -> None:
    async with started(*arguments(upstream)) as worker:
        await worker.ready()
        assert await worker.serves()
        async with aiohttp.ClientSession() as http, http.get(f"{worker.address}/v1/models") as response:
            assert (response.status, (await response.json())["data"][0]["id"]) == (200, "fake")
    assert worker.ended
    assert f"listening on {worker.address}" in capfd.readouterr().err


async def test_a_worker_takes_the_fronts_word_for_who_a_client_is(
    upstream: Upstream, capfd: pytest.CaptureFixture[str]
) -> None:
    async with started(*arguments(upstream)) as worker:
        await worker.ready()
        headers = {"x-forwarded-for": "10.0.0.9:5000"}
        async with aiohttp.ClientSession() as http, http.get(f"{worker.address}/v1/models", headers=headers) as answer:
            await answer.read()
    assert "10.0.0.9:5000" in capfd.readouterr().err


async def test_the_last_words_of_one_that_cannot_start(upstream: Upstream) -> None:
    async with started(*arguments(upstream, "--max-body-size", "many")) as worker:
        with pytest.raises(EngineStartError) as raised:
            await worker.ready()
    first, *lines = str(raised.value).splitlines()
    assert first == "the worker ended with exit code 2; its last lines:"
    assert any("max_body_size: 'many' is not an integer" in line for line in lines)
    assert not any("Traceback" in line for line in lines)


async def test_a_worker_that_serves_no_more(upstream: Upstream) -> None:
    async with started(*arguments(upstream)) as worker:
        await worker.ready()
        os.kill(psutil.Process().children()[0].pid, signal.SIGKILL)
        await eventually(lambda: worker.ended)
        assert not await worker.serves()
        assert (await worker.last_words()).startswith("the worker ended with exit code -9")


async def test_a_worker_that_does_not_end_in_time_is_killed(upstream: Upstream) -> None:
    async with started(*arguments(upstream)) as worker:
        await worker.ready()
        family = psutil.Process().children(recursive=True)
        family[0].suspend()
        await worker.end(0.1)
        assert worker.ended
        await eventually(lambda: not any(is_alive(process.pid) for process in family))


async def test_a_command_line_is_shown_to_nobody(upstream: Upstream) -> None:
    async with started(*arguments(upstream, "--api-key", "secret")) as worker:
        await worker.ready()
        family = psutil.Process().children(recursive=True)
        assert not any("secret" in word for process in family for word in process.cmdline())


async def test_an_interrupt_in_a_terminal_does_not_reach_it(upstream: Upstream) -> None:
    async with started(*arguments(upstream)):
        (doorman,) = psutil.Process().children()
        assert os.getsid(doorman.pid) == doorman.pid


async def test_a_line_without_an_end_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worker_process, "LINE", 1000)
    code = "print('x' * 300_000); print('last')"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, limit=worker_process.LINE
    )
    worker = WorkerProcess(process, "http://nowhere", HEALTH)
    assert (await worker.last_words()).splitlines()[-1] == "last"
    await worker.end(0)
    assert capfd.readouterr().err.endswith("last\n")


def test_a_worker_dies_with_the_process_that_started_it() -> None:
    async def serve() -> int:
        async with Upstream() as upstream:
            return await asyncio.to_thread(kill, upstream.url)

    def kill(url: str) -> int:
        with program(START, "--platform", "plain", "--engine-url", url) as process:
            assert process.stdout is not None
            pid = int(process.stdout.readline())
            process.kill()
            wait_until(lambda: not is_alive(pid))
            return pid

    assert not is_alive(asyncio.run(serve()))


async def test_an_address_of_ipv6_has_brackets(upstream: Upstream) -> None:
    with socket.socket(socket.AF_INET6) as sock:
        try:
            sock.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    async with started(*arguments(upstream), host="::1") as worker:
        assert worker.address.startswith("http://[::1]:")
        await worker.ready()
