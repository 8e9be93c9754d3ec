import logging
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import psutil
import pytest

from dragoman.gateway.auth import Keys
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.environment import Environment
from dragoman.gateway.fleet.family import Family
from dragoman.gateway.fleet.fleet import Fleet
from dragoman.gateway.fleet.scaling import Scale
from dragoman.gateway.jobs import Job
from dragoman.gateway.policy import Policy
from dragoman.gateway.states import Kind, Status
from dragoman.gateway.submissions import Submission, new_id
from dragoman.gateway.workers import State
from tests.gateway.gateways import ENDPOINT, KEY, Gateway, serving
from tests.processes import is_alive
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

STUB = (sys.executable, str(Path(__file__).with_name("stub.py")))
PATIENT = Scale(0, 1, idle_timeout=600)
HASTY = Scale(0, 1, idle_timeout=0.05)


@pytest.fixture
async def gateway(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with serving(tmp_path) as gateway:
        yield gateway


@asynccontextmanager
async def fleet(gateway: Gateway, scale: Scale, command: tuple[str, ...] = STUB) -> AsyncIterator[Fleet]:
    """A fleet, of which nothing is left in the end."""
    environment = Environment(gateway.url.removesuffix(f"/v2/{ENDPOINT}"), ENDPOINT, Keys((KEY,)))
    async with Fleet(gateway.endpoint, command, scale, lambda worker: os.environ | environment.worker(worker)) as fleet:
        yield fleet
    assert psutil.Process().children() == []


async def submit(gateway: Gateway, low_priority: bool = False, **wish: object) -> Job:
    policy = Policy(low_priority=low_priority)
    return await gateway.endpoint.submit(Submission(new_id(Kind.RUN), Kind.RUN, orjson.dumps(wish), policy=policy))


async def finished(endpoint: Endpoint, job: Job) -> Job:
    return await endpoint.finished(job.id, within=60)


def workers(gateway: Gateway) -> list[str]:
    return [worker.id for worker in gateway.endpoint.workers.view()]


def first_process(worker: str) -> psutil.Process:
    """The process that the gateway has started as this worker."""
    return next(each for each in psutil.Process().children() if each.environ().get("RUNPOD_POD_ID") == worker)


async def running(gateway: Gateway, job: Job) -> str:
    """The worker that has taken the job."""

    async def is_running() -> bool:
        return await gateway.status(job.id) == Status.IN_PROGRESS

    await eventually(is_running)
    return str((await gateway.endpoint.job(job.id)).worker)


async def test_from_zero_to_one_and_back_twice(gateway: Gateway) -> None:
    async with fleet(gateway, HASTY):
        assert workers(gateway) == []
        ids = []
        for _ in range(2):
            done = await finished(gateway.endpoint, await submit(gateway))
            assert done.status is Status.COMPLETED
            ids.append(str(done.worker))
            await eventually(lambda: workers(gateway) == [])
        assert [re.sub("-[0-9a-f]{6}$", "", worker) for worker in ids] == ["fleet-1", "fleet-2"]


async def test_a_job_of_low_priority_waits_for_others(gateway: Gateway) -> None:
    async with fleet(gateway, PATIENT):
        low = await submit(gateway, low_priority=True)
        assert (await gateway.endpoint.finished(low.id, within=0.2)).status is Status.IN_QUEUE
        assert workers(gateway) == []
        await finished(gateway.endpoint, await submit(gateway))
        assert (await finished(gateway.endpoint, low)).status is Status.COMPLETED


async def test_the_least_number_is_kept_up(gateway: Gateway) -> None:
    async with fleet(gateway, Scale(2, 2, idle_timeout=0.05)):
        await eventually(lambda: [worker.state for worker in gateway.endpoint.workers.view()] == [State.IDLE] * 2)
        before = workers(gateway)
        first_process(before[0]).kill()
        await eventually(lambda: before[0] not in workers(gateway) and len(workers(gateway)) == 2)
        assert before[1] in workers(gateway)


async def test_a_crash_gives_the_job_to_another_worker_at_once(gateway: Gateway, tmp_path: Path) -> None:
    async with fleet(gateway, PATIENT):
        job = await submit(gateway, hold=str(tmp_path / "go"))
        worker = await running(gateway, job)
        first_process(worker).kill()
        await eventually(lambda: worker not in workers(gateway))
        (tmp_path / "go").touch()
        done = await finished(gateway.endpoint, job)
        assert (done.status, done.retries, done.worker != worker) == (Status.COMPLETED, 1, True)


async def test_a_job_that_kills_its_workers_fails(gateway: Gateway) -> None:
    async with fleet(gateway, PATIENT):
        failed = await finished(gateway.endpoint, await submit(gateway, crash=1))
        assert (failed.status, failed.retries) == (Status.FAILED, 1)
        done = await finished(gateway.endpoint, await submit(gateway))
        assert done.status is Status.COMPLETED


async def test_a_worker_that_asks_to_be_stopped_is_replaced(gateway: Gateway) -> None:
    async with fleet(gateway, PATIENT):
        first = await finished(gateway.endpoint, await submit(gateway, stop=True))
        second = await finished(gateway.endpoint, await submit(gateway))
        assert first.status is second.status is Status.COMPLETED
        assert first.worker != second.worker
        await eventually(lambda: workers(gateway) == [second.worker])


async def test_a_command_that_fails_is_tried_again_after_a_pause(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with fleet(gateway, PATIENT, ("sh", "-c", "echo no GPU; exit 3")):
        await submit(gateway)
        await eventually(lambda: caplog.text.count("no GPU") == 2)
    told = [message for message in caplog.messages if "before it asked" in message]
    assert re.fullmatch(
        r"worker fleet-1-\w+ has ended before it asked for a job: exit code 3; no other is started for 1 s; "
        r"its last lines:\n  no GPU",
        told[0],
    )
    assert "for 2 s" in told[1]


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (
            ("sh", "-c", "echo RuntimeError: no GPU; echo bye; exit 3"),
            "it has ended before it asked for a job: exit code 3; RuntimeError: no GPU",
        ),
        (("sh", "-c", "exit 4"), "it has ended before it asked for a job: exit code 4; it has said nothing"),
        (
            ("sh", "-c", f"echo {'x' * 400}; kill -9 $$"),
            f"it has ended before it asked for a job: killed by SIGKILL; {'x' * 400}"[:300],
        ),
    ],
)
async def test_why_a_worker_did_not_come_up_stays_visible(
    gateway: Gateway, command: tuple[str, ...], problem: str
) -> None:
    async with fleet(gateway, PATIENT, command):
        await submit(gateway)
        await eventually(lambda: any(worker.problem for worker in gateway.endpoint.workers.view()))
        shown = gateway.endpoint.workers.view()[-1]
        assert (shown.state, shown.problem) == (State.UNHEALTHY, problem)


async def test_a_worker_that_did_not_come_up_takes_no_place_and_is_forgotten_when_one_comes(
    gateway: Gateway, tmp_path: Path
) -> None:
    only_later = f"mkdir {tmp_path}/failed && exit 3 || exec {shlex.join(STUB)}"
    async with fleet(gateway, PATIENT, ("sh", "-c", only_later)):
        done = await finished(gateway.endpoint, await submit(gateway))
        assert done.status is Status.COMPLETED
        assert workers(gateway) == [done.worker]


async def test_a_worker_that_is_ready_does_not_excuse_one_that_fails(
    gateway: Gateway, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    only_once = f"mkdir {tmp_path}/taken && exec {shlex.join(STUB)} || exit 3"
    async with fleet(gateway, Scale(2, 2), ("sh", "-c", only_once)):
        await eventually(lambda: "no other is started for 2 s" in caplog.text)


async def test_a_worker_that_finds_its_machine_unfit_is_ended(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    unfit = (
        "import os, time, urllib.request as r; url = os.environ['RUNPOD_WEBHOOK_PING'].replace('$RUNPOD_POD_ID', "
        "os.environ['RUNPOD_POD_ID']) + '&status=unhealthy&check=gpu&reason=gone'; "
        "r.urlopen(r.Request(url, headers={'Authorization': os.environ['RUNPOD_AI_API_KEY']})); time.sleep(600)"
    )
    async with fleet(gateway, PATIENT, (sys.executable, "-c", unfit)):
        await submit(gateway)
        await eventually(lambda: "killed by SIGTERM; no other is started for 2 s" in caplog.text)


async def test_a_command_that_is_gone(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    async with fleet(gateway, PATIENT, ("/no/worker",)):
        await submit(gateway)
        await eventually(lambda: "/no/worker cannot be started: No such file or directory" in caplog.text)


async def test_what_runs_may_end_when_the_fleet_closes(gateway: Gateway, tmp_path: Path) -> None:
    async with fleet(gateway, PATIENT) as closing:
        job = await submit(gateway, hold=str(tmp_path / "go"))
        await running(gateway, job)
        waiting = await submit(gateway)
        (tmp_path / "go").touch()
        await closing.close()
        assert await gateway.status(job.id) == Status.COMPLETED
        assert await gateway.status(waiting.id) == Status.IN_QUEUE
        assert workers(gateway) == []


async def test_nothing_is_left_of_a_fleet_that_is_cut_off(gateway: Gateway, tmp_path: Path) -> None:
    async with fleet(gateway, PATIENT, (*STUB, "spawn")):
        job = await submit(gateway, hold=str(tmp_path / "never"))
        worker = await running(gateway, job)
        family = await Family(first_process(worker).pid, worker).look()
        assert len(family) == 2
    assert not any(is_alive(member.pid) for member in family)
    assert await gateway.status(job.id) == Status.IN_QUEUE
