"""The gateway as users run it: one process, its workers, and its end."""

import asyncio
import signal
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.gateway.programs import Program, gateway
from tests.processes import is_alive
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

KEYS = {"DRAGOMAN_API_KEY": "sesame, open"}


async def sourced(program: Program, *names: str, **variables: str) -> list[str]:
    """What the printed lines make of these variables in a shell."""
    shown = "; ".join(f'printf "%s\\n" "${name}"' for name in names)
    script = "\n".join([*program.printed, shown])
    done = await asyncio.to_thread(
        subprocess.run, ["sh", "-eu", "-c", script], env=variables, capture_output=True, text=True, timeout=30
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def reported(program: Program) -> bool:
    """Whether the gateway says anything that only a programmer understands."""
    return any(word in line for line in program.log for word in ("Traceback", "Error", "exception"))


async def test_what_it_says_first(tmp_path: Path) -> None:
    async with gateway(tmp_path) as program:
        assert program.log == [
            f"dragoman | listening on {program.url}, endpoint local",
            f"dragoman | its jobs and workers in a browser: {program.url}/",
            f"dragoman | {tmp_path}/jobs.db keeps the jobs: 0 queued, 0 running, 0 completed and 0 failed so far",
            "dragoman | DRAGOMAN_API_KEY is not set: programs of this machine need no key, others are not served",
        ]
        assert await sourced(program, "RUNPOD_WEBHOOK_GET_JOB", "RUNPOD_ENDPOINT_BASE_URL", "OPENAI_API_KEY") == [
            f"{program.url}/v2/local/job-take/$ID?gpu=local",
            f"{program.url}/v2",
            "none",
        ]


async def test_keys_are_told_to_nobody(tmp_path: Path) -> None:
    async with gateway(tmp_path, variables=KEYS) as program:
        assert not any("sesame" in line for line in (*program.log, *program.printed))
        assert await sourced(program, "OPENAI_API_KEY", "RUNPOD_AI_API_KEY", **KEYS) == ["sesame", "sesame"]
        async with program.session.get(f"{program.url}/v2/local/health") as refused:
            assert refused.status == 401
        async with program.session.get(f"{program.url}/v2/local/health", headers={"Authorization": "open"}) as served:
            assert served.status == 200


async def test_on_all_interfaces_this_machine_reaches_it_by_itself(tmp_path: Path) -> None:
    async with gateway(tmp_path, "--host", "0.0.0.0", variables=KEYS) as program:
        assert program.url == f"http://0.0.0.0:{program.port}"
        assert await sourced(program, "RUNPOD_ENDPOINT_BASE_URL", **KEYS) == [f"http://127.0.0.1:{program.port}/v2"]


async def test_a_worker_of_its_own_does_a_job(tmp_path: Path) -> None:
    async with gateway(tmp_path, worker="-", variables=KEYS) as program:
        headers = {"Authorization": "Bearer open"}
        body = {"input": {"n": 1}}
        async with program.session.post(f"{program.url}/v2/local/runsync", json=body, headers=headers) as response:
            assert (await response.json())["output"] == {"n": 1}
        assert not any("sesame" in " ".join(process.cmdline()) for process in program.family())
        assert await program.ends() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_open_polls(tmp_path: Path, number: signal.Signals) -> None:
    async with gateway(tmp_path) as program:
        job_id = await program.submit()
        paths = ("job-stop/someone", f"stream/{job_id}")
        polls = [asyncio.create_task(status_of(program, path)) for path in paths]
        await eventually(lambda: "dragoman | worker someone has come" in program.log)
        program.process.send_signal(number)
        assert await program.ended() == 0
        assert await asyncio.gather(*polls) == [204, 200]
        assert not reported(program)


async def status_of(program: Program, path: str) -> int:
    async with program.session.get(f"{program.url}/v2/local/{path}") as response:
        return response.status


async def test_who_waits_for_a_whole_answer_is_told_that_there_will_be_none(tmp_path: Path) -> None:
    async with gateway(tmp_path) as program:
        url = f"{program.url}/v2/local/openai/v1/chat/completions"
        asking = asyncio.create_task(posted(program.session, url))
        await eventually(lambda: has_queued(program))
        assert await program.ends() == 0
        status, body = await asking
        assert (status, body["error"]["message"]) == (503, "the gateway is ending")
        assert not reported(program)


async def test_who_reads_a_stream_is_told_that_it_ends_with_the_gateway(tmp_path: Path) -> None:
    async with gateway(tmp_path) as program:
        url = f"{program.url}/v2/local/openai/v1/chat/completions"
        asking = asyncio.create_task(program.session.post(url, json={"stream": True}))
        job = await program.call("GET", "job-take/w")
        await program.call("POST", f"job-stream/w/{job['id']}", {"output": "data: {}\n\n"})
        async with await asking as response:
            assert await program.ends() == 0
            first, last = (await response.text()).rstrip().split("\n\n")
        assert first == "data: {}"
        assert "the gateway is shutting down" in last
        assert not reported(program)


async def posted(session: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    async with session.post(url, json={"messages": []}) as response:
        return response.status, await response.json()


async def has_queued(program: Program) -> bool:
    return bool((await program.call("GET", "health"))["jobs"]["inQueue"])


async def test_its_workers_finish_what_they_run(tmp_path: Path) -> None:
    go = tmp_path / "go"
    async with gateway(tmp_path, worker="spawn") as program:
        running = await program.submit(hold=str(go))
        await program.reaches(running, "IN_PROGRESS")
        queued = await program.submit()
        family = program.family()
        program.process.send_signal(signal.SIGTERM)
        await eventually(lambda: "dragoman | ending" in program.log)
        assert await program.status(queued) == "IN_QUEUE"
        go.touch()
        assert await program.ended() == 0
        assert len(family) == 2
        assert not any(is_alive(process.pid) for process in family)
        assert not reported(program)
    async with gateway(tmp_path) as program:
        assert await program.status(running) == "COMPLETED"
        assert await program.status(queued) == "IN_QUEUE"


async def test_a_second_signal_ends_all_at_once(tmp_path: Path) -> None:
    async with gateway(tmp_path, worker="spawn") as program:
        job_id = await program.submit(hold=str(tmp_path / "never"))
        await program.reaches(job_id, "IN_PROGRESS")
        family = program.family()
        program.process.send_signal(signal.SIGINT)
        await eventually(lambda: "dragoman | ending" in program.log)
        program.process.send_signal(signal.SIGINT)
        assert await program.ended() == 1
        assert not any(is_alive(process.pid) for process in family)
        assert not reported(program)
    async with gateway(tmp_path) as program:
        assert await program.status(job_id) == "IN_QUEUE"


async def test_it_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    go = tmp_path / "go"
    async with gateway(tmp_path, worker="-") as program:
        finished = await program.submit(n=1)
        await program.reaches(finished, "COMPLETED")
        running = await program.submit(hold=str(go))
        await program.reaches(running, "IN_PROGRESS")
        queued = await program.submit(n=2)
        (worker,) = program.family()
        port = program.port
        await program.killed()
        assert is_alive(worker.pid)
        async with gateway(tmp_path, port=port) as again:
            assert "keeps the jobs: 1 queued, 1 running, 1 completed and 0 failed so far" in again.log[2]
            assert [await again.status(job_id) for job_id in (finished, running, queued)] == [
                *("COMPLETED", "IN_PROGRESS", "IN_QUEUE"),
            ]
            go.touch()
            await again.reaches(running, "COMPLETED")
            await eventually(lambda: not is_alive(worker.pid))
        async with gateway(tmp_path, port=port, worker="-") as third:
            await third.reaches(queued, "COMPLETED")
            assert await third.ends() == 0


async def test_a_second_gateway_does_not_touch_the_jobs_of_the_first(tmp_path: Path) -> None:
    async with gateway(tmp_path) as first:
        job_id = await first.submit()
        async with gateway(tmp_path, port=first.port) as second:
            assert await second.ended() == 2
            assert [line.partition(":")[0] for line in second.log] == ["dragoman"] * 2
            assert "already in use" in second.log[0]
            assert "in use by another gateway" in second.log[1]
        assert await first.status(job_id) == "IN_QUEUE"
