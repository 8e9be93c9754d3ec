import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import httpx
import pytest

from dragoman.gateway import client_api
from dragoman.gateway.app import build
from dragoman.gateway.archive import Archive
from dragoman.gateway.auth import Keys
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.jobs import Job, Result
from dragoman.gateway.terms import Terms
from tests.gateway.gateways import Gateway, serving
from tests.gateway.samples import DONE, FAILURE
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

LONG = 60.0
Answer = tuple[int, Any]


class Client:
    """A client of the endpoint, and a worker of it."""

    def __init__(self, http: httpx.AsyncClient, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._http = http

    async def get(self, path: str) -> Answer:
        return self._answer(await self._http.get(path))

    async def post(self, path: str, body: object = None) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._answer(await self._http.post(path, content=content))

    async def submit(self, body: object = None, path: str = "run") -> str:
        """Queue a job and return its id."""
        status, ticket = await self.post(path, body or {"input": {}})
        assert status == 200
        job_id: str = ticket["id"]
        return job_id

    async def take(self) -> Job:
        (job,) = await self.endpoint.take("w", 1, LONG)
        return job

    async def finish(self, result: Result = DONE) -> str:
        """Take the next job, end it and return its id."""
        job = await self.take()
        assert await self.endpoint.finish(job.id, "w", result)
        return job.id

    def _answer(self, response: httpx.Response) -> Answer:
        assert response.headers["content-type"] == "application/json"
        return response.status_code, response.json()


@pytest.fixture
async def client(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with Archive(tmp_path / "jobs.db", Terms()) as archive, Endpoint(archive, Terms()) as endpoint:
        transport = httpx.ASGITransport(build(endpoint, "e", Keys()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v2/e/") as http:
            yield Client(http, endpoint)


@pytest.fixture
async def gateway(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with serving(tmp_path) as gateway:
        yield gateway


# run


async def test_a_job_is_queued(client: Client) -> None:
    status, ticket = await client.post("run", {"input": {"prompt": "Hi"}})
    assert (status, ticket) == (200, {"id": ANY, "status": "IN_QUEUE"})
    assert await client.get(f"status/{ticket['id']}") == (200, ticket)


async def test_a_job_reaches_the_worker_as_it_was_sent(client: Client) -> None:
    sent = {"input": [1, 2.5, "é", None], "webhook": "http://w/", "s3Config": {"accessId": "x"}, "other": 1}
    await client.submit(sent | {"policy": {"executionTimeout": 5000, "lowPriority": True}})
    job = await client.take()
    assert (json.loads(job.input), job.webhook, json.loads(job.s3_config or b"")) == (
        sent["input"],
        sent["webhook"],
        sent["s3Config"],
    )
    assert (job.execution_timeout, job.low_priority) == (5.0, True)


@pytest.mark.parametrize("route", ["run", "runsync"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"input": null}',
        b'{"input": 1, "webhook": "ftp://w/"}',
        b'{"input": 1, "webhook": 1}',
        b'{"input": 1, "s3Config": []}',
        b'{"input": 1, "policy": {"ttl": 1}}',
        b"[" * 100_000,
    ],
)
async def test_a_wrong_job_is_refused(client: Client, route: str, body: bytes) -> None:
    assert await client.post(route, body) == (400, {"error": ANY})
    assert (await client.endpoint.counts()).in_queue == 0


@pytest.mark.parametrize(("route", "limit"), [("run", 10_000_000), ("runsync", 20_000_000)])
async def test_a_job_may_be_so_large(client: Client, monkeypatch: pytest.MonkeyPatch, route: str, limit: int) -> None:
    monkeypatch.setattr(client_api, "SHORTEST_WAIT", 1)
    body = b'{"input":"%s"}' % (b"x" * (limit - 12))
    assert (await client.post(f"{route}?wait=1", body))[0] == 200
    assert await client.post(f"{route}?wait=1", body + b" ") == (
        413,
        {"error": f"the body is larger than {limit // 10**6} MB"},
    )


# runsync


async def test_runsync_answers_with_the_result(client: Client) -> None:
    waiting = asyncio.create_task(client.post("runsync", {"input": {}}))
    job_id = await client.finish()
    assert job_id.startswith("sync-")
    assert await waiting == (
        200,
        {
            "id": job_id,
            "status": "COMPLETED",
            "output": "done",
            "workerId": "w",
            "delayTime": ANY,
            "executionTime": ANY,
        },
    )


@pytest.mark.parametrize("taken", [False, True])
async def test_runsync_does_not_wait_for_ever(client: Client, monkeypatch: pytest.MonkeyPatch, taken: bool) -> None:
    monkeypatch.setattr(client_api, "SHORTEST_WAIT", 100)
    taking = asyncio.create_task(client.take()) if taken else None
    status, ticket = await client.post("runsync?wait=1", {"input": {}})
    assert (status, ticket) == (200, {"id": ANY, "status": "IN_PROGRESS" if taken else "IN_QUEUE"})
    if taking:
        assert (await taking).id == ticket["id"]


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("", 90),
        ("?wait=5000", 5),
        ("?wait=1500.5", 1.5005),
        ("?wait=0", 1),
        ("?wait=-7", 1),
        ("?wait=999", 1),
        ("?wait=300000", 300),
        ("?wait=1e9", 300),
    ],
)
async def test_how_long_runsync_waits(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str, seconds: float
) -> None:
    waits: list[float | None] = []

    async def finished(job_id: str, within: float | None = None) -> Job:
        waits.append(within)
        return await client.endpoint.job(job_id)

    monkeypatch.setattr(client.endpoint, "finished", finished)
    await client.post(f"runsync{query}", {"input": {}})
    assert waits == [seconds]


@pytest.mark.parametrize("wait", ["", "soon", "nan", "inf"])
async def test_runsync_refuses_a_wait_that_is_no_number(client: Client, wait: str) -> None:
    assert await client.post(f"runsync?wait={wait}", {"input": {}}) == (400, {"error": "wait is not a number"})
    assert (await client.endpoint.counts()).in_queue == 0


async def test_the_job_of_a_client_that_has_left_is_done_all_the_same(gateway: Gateway) -> None:
    asking = asyncio.create_task(gateway.session.post(f"{gateway.url}/runsync", json={"input": {}}))
    (job,) = await gateway.endpoint.take("w", 1, LONG)
    asking.cancel()
    await asyncio.wait([asking])
    await eventually(lambda: not len(gateway.endpoint._bells))
    await gateway.endpoint.finish(job.id, "w", DONE)
    assert await gateway.status(job.id) == "COMPLETED"


# status


async def test_the_status_of_a_job_that_has_failed(client: Client) -> None:
    await client.submit()
    job_id = await client.finish(FAILURE)
    status, document = await client.get(f"status/{job_id}")
    assert (status, document["status"], document["error"]) == (200, "FAILED", "it broke")


async def test_the_status_can_change_how_long_a_job_is_kept(client: Client) -> None:
    await client.submit()
    job_id = await client.finish()
    assert (await client.get(f"status/{job_id}?ttl=5000"))[0] == 200
    job = await client.endpoint.job(job_id)
    assert job.ended_at is not None
    assert job.expires_at - job.ended_at < 100


@pytest.mark.parametrize("ttl", ["0", "-1", "x", "nan"])
async def test_a_job_is_kept_for_a_positive_number_of_milliseconds(client: Client, ttl: str) -> None:
    assert await client.get(f"status/{await client.submit()}?ttl={ttl}") == (400, {"error": ANY})


# stream


async def test_a_stream_is_told_piece_by_piece(client: Client) -> None:
    job_id = await client.submit()
    await client.take()
    await client.endpoint.add_items(job_id, "w", [b'{"text":"a"}', b'"b"'])
    assert await client.get(f"stream/{job_id}") == (
        200,
        {"status": "IN_PROGRESS", "stream": [{"output": {"text": "a"}}, {"output": "b"}]},
    )
    await client.endpoint.add_items(job_id, "w", [b'"c"'])
    await client.endpoint.finish(job_id, "w", DONE)
    assert await client.get(f"stream/{job_id}") == (200, {"status": "COMPLETED", "stream": [{"output": "c"}]})
    assert await client.get(f"stream/{job_id}") == (200, {"status": "COMPLETED", "stream": []})


async def test_a_stream_waits_a_little_for_news(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = await client.submit()
    asking = asyncio.create_task(client.get(f"stream/{job_id}"))
    await client.take()
    await client.endpoint.add_items(job_id, "w", [b'"a"'])
    assert (await asking)[1]["stream"] == [{"output": "a"}]
    monkeypatch.setattr(client_api, "STREAM_HOLD", 0.01)
    assert await client.get(f"stream/{job_id}") == (200, {"status": "IN_PROGRESS", "stream": []})


async def test_a_client_that_leaves_while_it_waits_misses_nothing(gateway: Gateway) -> None:
    async with gateway.session.post(f"{gateway.url}/run", json={"input": {}}) as response:
        job_id = (await response.json())["id"]
    await gateway.endpoint.take("w", 1, LONG)
    asking = asyncio.create_task(gateway.session.get(f"{gateway.url}/stream/{job_id}"))
    await eventually(lambda: len(gateway.endpoint._bells) > 0)
    asking.cancel()
    await asyncio.wait([asking])
    await eventually(lambda: not len(gateway.endpoint._bells))
    await gateway.endpoint.add_items(job_id, "w", [b'"a"'])
    assert (await gateway.endpoint.drain(job_id, LONG))[1] == [b'"a"']


# cancel, retry, purge


async def test_a_job_can_be_cancelled(client: Client) -> None:
    job_id = await client.submit()
    assert await client.post(f"cancel/{job_id}") == (200, {"id": job_id, "status": "CANCELLED"})


async def test_a_finished_job_cannot_be_cancelled_any_more(client: Client) -> None:
    await client.submit()
    job_id = await client.finish()
    assert await client.post(f"cancel/{job_id}") == (200, {"id": job_id, "status": "COMPLETED"})


async def test_a_failed_job_can_be_retried(client: Client) -> None:
    await client.submit()
    job_id = await client.finish(FAILURE)
    assert await client.post(f"retry/{job_id}") == (200, {"id": job_id, "status": "IN_QUEUE"})
    assert await client.post(f"retry/{job_id}") == (400, {"error": ANY})


async def test_the_queue_can_be_purged(client: Client) -> None:
    await client.submit()
    await client.take()
    for _ in range(3):
        await client.submit()
    assert await client.post("purge-queue") == (200, {"removed": 3, "status": "completed"})


# health


async def test_health_counts_jobs_and_workers(client: Client) -> None:
    for result in (DONE, FAILURE):
        await client.submit()
        await client.finish(result)
    await client.submit()
    assert await client.get("health") == (
        200,
        {
            "jobs": {"completed": 1, "failed": 1, "inProgress": 0, "inQueue": 1, "retried": 0},
            "workers": {"idle": 1, "initializing": 0, "ready": 1, "running": 0, "throttled": 0, "unhealthy": 0},
        },
    )


# the page's routes


async def test_jobs_are_listed_page_by_page(client: Client) -> None:
    ids = [await client.submit() for _ in range(3)]
    status, first = await client.get("requests?limit=2")
    assert (status, [job["id"] for job in first["requests"]]) == (200, [ids[2], ids[1]])
    _, second = await client.get(f"requests?limit=2&before={first['next']}")
    assert ([job["id"] for job in second["requests"]], second["next"]) == ([ids[0]], None)


async def test_jobs_of_one_state_are_listed(client: Client) -> None:
    await client.submit()
    done = await client.finish()
    await client.submit()
    _, listed = await client.get("requests?status=COMPLETED")
    assert [job["id"] for job in listed["requests"]] == [done]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "before=x", "before=-1", "status=DONE", "before=99999999999999999999"]
)
async def test_a_wrong_question_for_jobs_is_refused(client: Client, query: str) -> None:
    assert await client.get(f"requests?{query}") == (400, {"error": ANY})


async def test_a_jobs_details_leave_its_stream_to_others(client: Client) -> None:
    job_id = await client.submit({"input": {"prompt": "Hi"}})
    await client.take()
    await client.endpoint.add_items(job_id, "w", [b'"a"', b'"b"'])
    status, details = await client.get(f"requests/{job_id}")
    assert (status, details["request"]["input"]) == (200, {"prompt": "Hi"})
    first, second = details["stream"]
    assert (first["output"], second["output"]) == ("a", "b")
    assert (await client.get(f"requests/{job_id}?after={first['number']}"))[1]["stream"] == [second]
    assert (await client.endpoint.drain(job_id, LONG))[1] == [b'"a"', b'"b"']


@pytest.mark.parametrize(("query", "has_input"), [("", True), ("?input=true", True), ("?after=1&input=false", False)])
async def test_a_jobs_input_can_be_left_out(client: Client, query: str, has_input: bool) -> None:
    job_id = await client.submit({"input": {"prompt": "Hi"}})
    _, details = await client.get(f"requests/{job_id}{query}")
    assert ("input" in details["request"]) is has_input


async def test_workers_are_listed(client: Client) -> None:
    await client.endpoint.ping("w", [], version="1.10.0")
    status, document = await client.get("workers")
    assert (status, [(worker["id"], worker["version"]) for worker in document["workers"]]) == (200, [("w", "1.10.0")])


# all of them


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "status/x"),
        ("GET", "stream/x"),
        ("GET", "requests/x"),
        ("POST", "cancel/x"),
        ("POST", "retry/x"),
        ("GET", "status/x?ttl=5000"),
    ],
)
async def test_a_job_that_is_not_there(client: Client, method: str, path: str) -> None:
    ask = client.get if method == "GET" else client.post
    assert await ask(path) == (404, {"error": "there is no such job, or it has expired"})


async def test_a_job_that_has_expired_is_not_there(client: Client) -> None:
    await client.submit()
    job_id = await client.finish()
    await client.endpoint.keep_for(job_id, 0.01)

    async def is_gone() -> bool:
        return (await client.get(f"status/{job_id}"))[0] == 404

    await eventually(is_gone)
