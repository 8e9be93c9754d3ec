"""Workers on the unmodified SDK of RunPod, in processes of their own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from dragoman.gateway import payloads
from dragoman.gateway.auth import Keys
from dragoman.gateway.environment import Environment
from dragoman.gateway.jobs import Job
from dragoman.gateway.states import Kind, Status
from dragoman.gateway.submissions import Submission, new_id
from dragoman.gateway.terms import Terms
from tests.gateway import sdk_worker
from tests.gateway.gateways import ENDPOINT, KEY, Gateway, serving
from tests.processes import is_alive
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

NUMBERS: list[object] = [{"number": number} for number in range(3)]


@pytest.fixture
def terms() -> Terms:
    return Terms()


@pytest.fixture
async def gateway(anyio_backend: str, tmp_path: Path, terms: Terms) -> AsyncIterator[Gateway]:
    async with serving(tmp_path, terms) as gateway:
        yield gateway


@asynccontextmanager
async def worker(gateway: Gateway, directory: Path, kind: str, name: str = "w") -> AsyncIterator[int]:
    """A worker, whose jobs leave their files in that directory; its process."""
    home = directory / name
    home.mkdir()
    base = gateway.url.removesuffix(f"/v2/{ENDPOINT}")
    pings = {"RUNPOD_PING_INTERVAL": "1000", "RUNPOD_LOG_LEVEL": "ERROR"}
    environment = os.environ | Environment(base, ENDPOINT, Keys((KEY,))).worker(name) | pings
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(sdk_worker.__file__), kind, cwd=home, env=environment, start_new_session=True
    )
    try:
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def submit(gateway: Gateway, do: str, given: object = None) -> str:
    content = payloads.dumps({"do": do, "with": given})
    return (await gateway.endpoint.submit(Submission(new_id(Kind.RUN), Kind.RUN, content))).id


async def outcome(gateway: Gateway, job_id: str) -> tuple[Status, object, object]:
    """How a job ends: its status, output and error."""
    job = await gateway.endpoint.finished(job_id)
    return job.status, job.output and json.loads(job.output), job.error


async def running(gateway: Gateway, job_id: str, name: str) -> Job:
    """The job, as soon as that worker runs it."""

    async def is_so() -> bool:
        return (await gateway.endpoint.job(job_id)).worker == name

    await eventually(is_so)
    return await gateway.endpoint.job(job_id)


async def test_what_a_handler_returns(gateway: Gateway, tmp_path: Path) -> None:
    echoed: list[object] = [{"text": "é"}, "text", [1, None], 1.5, True]
    async with worker(gateway, tmp_path, "plain"):
        ids = [await submit(gateway, "echo", value) for value in echoed]
        refused, failed = await submit(gateway, "refuse"), await submit(gateway, "fail")
        assert [await outcome(gateway, job_id) for job_id in ids] == [
            (Status.COMPLETED, value, None) for value in echoed
        ]
        assert await outcome(gateway, refused) == (Status.FAILED, {"part": 1}, "refused")
        status, output, error = await outcome(gateway, failed)
    assert (status, output, json.loads(str(error))["error_message"]) == (Status.FAILED, None, "it broke")


async def test_what_a_generator_yields(gateway: Gateway, tmp_path: Path) -> None:
    async with worker(gateway, tmp_path, "generator"):
        done, refused, failed = [await submit(gateway, what) for what in ("end", "refuse", "fail")]
        ends = [await outcome(gateway, job_id) for job_id in (done, refused, failed)]
    streams = [(await gateway.endpoint.drain(job_id, 0))[1] for job_id in (done, refused, failed)]
    assert ends[0] == (Status.COMPLETED, [*NUMBERS, "data: [DONE]\n\n"], None)
    assert ends[1] == (Status.FAILED, None, "{'message': 'refused', 'code': 400}")
    assert ends[2][:2] == (Status.FAILED, None)
    assert str(ends[2][2]).startswith("handler: it broke \ntraceback: ")
    read = [[json.loads(item) for item in stream] for stream in streams]
    assert read == [[*NUMBERS, "data: [DONE]\n\n"], NUMBERS, NUMBERS]


@pytest.mark.parametrize("kind", ["plain", "generator"])
async def test_a_cancelled_job_is_stopped(gateway: Gateway, tmp_path: Path, kind: str) -> None:
    waits = tmp_path / "waits"
    async with worker(gateway, tmp_path, kind):
        job_id = await submit(gateway, "wait", str(waits))
        await eventually(waits.exists)
        await gateway.endpoint.cancel(job_id)
        await eventually(lambda: not waits.exists())
        another = await submit(gateway, "echo", 1)
        assert (await outcome(gateway, another))[0] is Status.COMPLETED
    assert await gateway.status(job_id) == "CANCELLED"


async def test_a_generators_items_come_while_it_runs(gateway: Gateway, tmp_path: Path) -> None:
    async with worker(gateway, tmp_path, "generator"):
        job_id = await submit(gateway, "wait", str(tmp_path / "waits"))
        async with aclosing(gateway.endpoint.follow(job_id)) as items:
            assert [json.loads(await anext(items)) for _ in NUMBERS] == NUMBERS
        assert await gateway.status(job_id) == "IN_PROGRESS"


async def test_a_job_tells_of_its_progress(gateway: Gateway, tmp_path: Path) -> None:
    async with worker(gateway, tmp_path, "plain"):
        job_id = await submit(gateway, "progress", str(tmp_path / "waits"))

        async def progress() -> bool:
            return (await gateway.endpoint.job(job_id)).progress == b'"half"'

        await eventually(progress)
        assert await gateway.status(job_id) == "IN_PROGRESS"


async def test_a_worker_is_known_by_its_pings(gateway: Gateway, tmp_path: Path) -> None:
    def view() -> dict[str, Any]:
        return {worker.id: (worker.pings, bool(worker.version)) for worker in gateway.endpoint.workers.view()}

    async with worker(gateway, tmp_path, "plain"):
        await eventually(lambda: view() == {"w": (True, True)})


@pytest.mark.parametrize("terms", [Terms(lost_after=4)])
async def test_the_job_of_a_killed_worker_goes_to_another_one_once(gateway: Gateway, tmp_path: Path) -> None:
    """The SDK's pings come from a process of their own, which outlives the worker's."""
    async with (
        worker(gateway, tmp_path, "plain", "first") as first,
        worker(gateway, tmp_path, "plain", "second") as second,
    ):
        job_id = await submit(gateway, "wait", str(tmp_path / "waits"))
        await eventually(lambda: bool(gateway.endpoint.workers.running()))
        (holder,) = gateway.endpoint.workers.running()
        other = {"first": "second", "second": "first"}[holder]
        pids = {"first": first, "second": second}
        os.kill(pids[holder], signal.SIGKILL)
        await eventually(lambda: not is_alive(pids[holder]))
        assert (await running(gateway, job_id, other)).retries == 1
        os.kill(pids[other], signal.SIGKILL)
        status, _, error = await outcome(gateway, job_id)
    assert (status, str(error).startswith("The job's worker was lost twice")) == (Status.FAILED, True)
    assert (await gateway.endpoint.job(job_id)).retries == 1
