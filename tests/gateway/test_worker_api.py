import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import aiohttp
import httpx
import pytest
from starlette.applications import Starlette

from dragoman.gateway import worker_api
from dragoman.gateway.app import build
from dragoman.gateway.archive import Archive
from dragoman.gateway.auth import Keys
from dragoman.gateway.endpoint import Endpoint
from dragoman.gateway.jobs import Job
from dragoman.gateway.states import Status
from dragoman.gateway.terms import Terms
from dragoman.gateway.workers import State, WorkerView
from tests.gateway.gateways import Gateway, serving
from tests.gateway.samples import submission
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

LONG = 60.0


class Worker:
    """A worker of the endpoint, without a network between them."""

    def __init__(self, http: httpx.AsyncClient, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.http = http

    async def get(self, path: str) -> tuple[int, Any]:
        response = await self.http.get(path)
        return response.status_code, response.json() if response.content else None

    async def post(self, path: str, body: bytes | dict[str, object]) -> int:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", "charset": "utf-8"}
        return (await self.http.post(f"{path}?gpu=x&isStream=false", content=content, headers=headers)).status_code

    async def run(self, job_id: str = "a") -> None:
        await self.endpoint.submit(submission(job_id))
        assert await self.endpoint.take("w", 1, LONG)

    async def job(self, job_id: str = "a") -> Job:
        return await self.endpoint.job(job_id)

    def view(self) -> WorkerView:
        (view,) = self.endpoint.workers.view()
        return view


@pytest.fixture
async def app(anyio_backend: str, tmp_path: Path) -> AsyncIterator[tuple[Starlette, Endpoint]]:
    async with Archive(tmp_path / "jobs.db", Terms()) as archive, Endpoint(archive, Terms()) as endpoint:
        yield build(endpoint, "e", Keys()), endpoint


@pytest.fixture
async def worker(app: tuple[Starlette, Endpoint]) -> AsyncIterator[Worker]:
    transport = httpx.ASGITransport(app[0])
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v2/e/") as http:
        yield Worker(http, app[1])


@pytest.fixture
async def gateway(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with serving(tmp_path) as gateway:
        yield gateway


# take


@pytest.mark.parametrize("slots", ["job-take/w?gpu=x&job_in_progress=0", "job-take/w"])
async def test_a_single_take_is_answered_with_one_job(worker: Worker, slots: str) -> None:
    for job_id in ("a", "b"):
        await worker.endpoint.submit(submission(job_id))
    assert await worker.get(slots) == (200, {"id": "a", "input": "a"})


async def test_a_batch_is_answered_with_a_list(worker: Worker) -> None:
    for job_id in ("a", "b", "c"):
        await worker.endpoint.submit(submission(job_id))
    assert await worker.get("job-take-batch/w?gpu=x&batch_size=2&job_in_progress=1") == (
        200,
        [{"id": "a", "input": "a"}, {"id": "b", "input": "b"}],
    )
    assert await worker.get("job-take-batch/w?gpu=x") == (200, [{"id": "c", "input": "c"}])


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5", "99999999999999999999"])
async def test_a_batch_has_a_size(worker: Worker, size: str) -> None:
    assert await worker.get(f"job-take-batch/w?batch_size={size}") == (400, {"error": ANY})


@pytest.mark.parametrize("route", ["job-take", "job-take-batch", "job-stop"])
async def test_a_poll_that_brings_nothing_has_no_content(worker: Worker, route: str) -> None:
    worker.endpoint.close()
    assert await worker.get(f"{route}/w?gpu=x") == (204, None)


@pytest.mark.parametrize("route", ["job-take/w", "job-stop/w", "ping/w", "stream/a"])
async def test_nothing_is_taken_by_who_only_asks_for_headers(worker: Worker, route: str) -> None:
    await worker.endpoint.submit(submission("a"))
    assert (await worker.http.head(route)).status_code == 405
    assert (await worker.job()).status is Status.IN_QUEUE


async def test_a_poll_is_held_until_there_is_a_job(gateway: Gateway) -> None:
    taking = asyncio.create_task(gateway.session.get(f"{gateway.url}/job-take/w?gpu=x"))
    await eventually(lambda: len(gateway.endpoint._polls) == 1)
    await gateway.endpoint.submit(submission("a"))
    async with await taking as response:
        assert (response.status, response.content_type) == (200, "application/json")
        assert await response.json() == {"id": "a", "input": "a"}


async def test_a_poll_is_not_held_for_ever(app: tuple[Starlette, Endpoint]) -> None:
    transport = httpx.ASGITransport(Starlette(routes=worker_api.routes(app[1], hold=0.01)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        assert [(await http.get(path)).status_code for path in ("job-take/w", "job-stop/w")] == [204, 204]


async def test_a_worker_that_has_left_takes_nothing(gateway: Gateway) -> None:
    taking = asyncio.create_task(gateway.session.get(f"{gateway.url}/job-take/gone?gpu=x"))
    await eventually(lambda: len(gateway.endpoint._polls) == 1)
    taking.cancel()
    await asyncio.wait([taking])
    await eventually(lambda: len(gateway.endpoint._polls) == 0)
    await gateway.endpoint.submit(submission("a"))
    assert [job.id for job in await gateway.endpoint.take("here", 1, LONG)] == ["a"]


@pytest.mark.parametrize("gap", [0.0, 0.0005, 0.001, 0.002, 0.004])
async def test_a_job_is_not_lost_when_its_worker_leaves_as_it_is_handed_out(gateway: Gateway, gap: float) -> None:
    """Whichever comes first, the job or the parting: it is queued, or was sent to who had not left yet."""
    async with aiohttp.ClientSession(headers=gateway.session.headers) as leaving:
        taking = asyncio.create_task(leaving.get(f"{gateway.url}/job-take/gone?gpu=x"))
        await eventually(lambda: len(gateway.endpoint._polls) == 1)
        taking.cancel()
        await asyncio.sleep(gap)
        await gateway.endpoint.submit(submission("a"))
    await asyncio.wait([taking])
    await eventually(lambda: len(gateway.endpoint._polls) == 0)
    assert [job.id for job in await gateway.endpoint.take("here", 1, LONG)] == ["a"]
    assert (await gateway.endpoint.job("a")).attempts == 1


class Parting:
    """A request's channel, on which the worker leaves so many steps of the event loop after its poll is answered."""

    def __init__(self, endpoint: Endpoint, steps: int) -> None:
        self.left = False
        self._endpoint = endpoint
        self._steps = steps
        self._begun = False

    async def __call__(self) -> dict[str, object]:
        if not self._begun:
            self._begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while not self.left and (self._endpoint._polls.waiting() or not len(self._endpoint._polls)):
            await asyncio.sleep(0)
        for _ in range(0 if self.left else self._steps):
            await asyncio.sleep(0)
        self.left = True
        return {"type": "http.disconnect"}


@pytest.mark.parametrize("steps", range(8))
async def test_a_job_goes_back_when_its_worker_leaves_in_the_same_instant(
    app: tuple[Starlette, Endpoint], steps: int
) -> None:
    serve, endpoint = app
    parting = Parting(endpoint, steps)
    sent: list[tuple[object, bool]] = []

    async def send(message: MutableMapping[str, object]) -> None:
        if message["type"] == "http.response.start":
            sent.append((message["status"], parting.left))

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v2/e/job-take/gone",
        "query_string": b"gpu=x",
        "headers": [(b"host", b"localhost")],
    }
    taking = asyncio.create_task(serve(scope, parting, send))
    await eventually(lambda: len(endpoint._polls) == 1)
    await endpoint.submit(submission("a"))
    await taking
    if sent == [(499, True)]:
        assert [job.id for job in await endpoint.take("here", 1, LONG)] == ["a"]
    else:
        assert sent == [(200, False)]


# stop


async def test_a_worker_is_told_what_to_stop(worker: Worker) -> None:
    await worker.run()
    stopping = asyncio.create_task(worker.get("job-stop/w?gpu=x"))
    await worker.endpoint.cancel("a")
    assert await stopping == (200, {"jobsToStop": ["a"]})


# stream


@pytest.mark.parametrize(
    ("body", "output"),
    [
        (b'{"output": "data: {}\\n\\n"}', b'"data: {}\\n\\n"'),
        (b'{"output": {"text": "\xc3\xa9"}}', '{"text":"é"}'.encode()),
        (b'{"output": null}', b"null"),
        (b'{"output": NaN}', b"null"),
        (b'{"output": [123456789012345678901234567890]}', b"[123456789012345678901234567890]"),
    ],
)
async def test_a_piece_of_a_stream_is_kept(worker: Worker, body: bytes, output: bytes) -> None:
    await worker.run()
    assert await worker.post("job-stream/w/a", body) == 200
    assert (await worker.endpoint.drain("a", LONG))[1] == [output]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"result": 1}', b'{"output": %s}' % (b"[" * 10_000)])
async def test_what_is_no_piece_of_a_stream_is_refused(worker: Worker, body: bytes) -> None:
    await worker.run()
    assert await worker.post("job-stream/w/a", body) == 400
    assert await worker.endpoint.items("a", 0) == []


async def test_a_piece_of_a_stream_may_be_so_large(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_api, "LARGEST_POST", 20)
    await worker.run()
    assert await worker.post("job-stream/w/a", b'{"output": "%s"}' % (b"x" * 6)) == 200
    assert await worker.post("job-stream/w/a", b'{"output": "%s"}' % (b"x" * 7)) == 413


# done


@pytest.mark.parametrize(
    ("body", "status", "output", "error"),
    [
        (b'{"output": {"text": "Hi"}}', Status.COMPLETED, b'{"text":"Hi"}', None),
        (b'{"output": []}', Status.COMPLETED, b"[]", None),
        (b'{"output": null}', Status.COMPLETED, b"null", None),
        (b"{}", Status.COMPLETED, None, None),
        (b'{"output": 1, "error": null}', Status.COMPLETED, b"1", None),
        (b'{"error": "it broke"}', Status.FAILED, None, "it broke"),
        (b'{"error": {"code": 400}}', Status.FAILED, None, '{"code":400}'),
        (b'{"output": 1, "error": "it broke"}', Status.FAILED, b"1", "it broke"),
        (b"output=1", Status.FAILED, None, "The worker's result is not valid JSON."),
        (b"", Status.FAILED, None, "The worker's result is not valid JSON."),
        (b"\xff\xfe", Status.FAILED, None, "The worker's result is not valid JSON."),
        (b"[1]", Status.FAILED, None, ANY),
        (b'{"output": %s}' % (b"[" * 100_000), Status.FAILED, None, ANY),
        # What a handler returns is not what the SDK says of it.
        (b'{"output": {"status": "IN_PROGRESS"}}', Status.COMPLETED, b'{"status":"IN_PROGRESS"}', None),
    ],
)
@pytest.mark.parametrize("query", ["&isStream=true", "&isStream=false"])
async def test_how_a_job_ends(
    worker: Worker, body: bytes, status: Status, output: bytes | None, error: str | None, query: str
) -> None:
    await worker.run()
    response = await worker.http.post(f"job-done/w/a?gpu=x{query}", content=body)
    assert response.status_code == 200
    job = await worker.job()
    assert (job.status, job.output, job.error) == (status, output, error)


async def test_a_result_that_is_too_large_ends_the_job(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_api, "LARGEST_POST", 20)
    await worker.run()
    assert await worker.post("job-done/w/a", b'{"output": "%s"}' % (b"x" * 7)) == 200
    job = await worker.job()
    assert (job.status, job.error) == (Status.FAILED, "The worker's result is larger than 64 MB.")


async def test_progress_does_not_end_a_job(worker: Worker) -> None:
    await worker.run()
    assert await worker.post("job-done/w/a", {"status": "IN_PROGRESS", "output": {"done": 0.5}}) == 200
    job = await worker.job()
    assert (job.status, job.progress) == (Status.IN_PROGRESS, b'{"done":0.5}')


async def test_a_worker_that_is_to_be_replaced_gets_no_more_jobs(worker: Worker) -> None:
    await worker.run()
    assert await worker.post("job-done/w/a", {"output": 1, "stopPod": True}) == 200
    assert worker.view().leaving
    await worker.endpoint.submit(submission("b"))
    assert await worker.get("job-take/w?gpu=x") == (204, None)
    assert (await worker.job()).output == b"1"


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("job-stream", b'{"output": 1}'),
        ("job-done", b'{"output": 1}'),
        ("job-done", b'{"error": "it broke"}'),
        ("job-done", b"no JSON"),
        ("job-done", b'{"status": "IN_PROGRESS", "output": 1}'),
    ],
)
@pytest.mark.parametrize("who", ["w/a", "other/a", "w/unknown"])
async def test_a_late_post_is_welcome_and_changes_nothing(worker: Worker, route: str, body: bytes, who: str) -> None:
    await worker.run()
    await worker.endpoint.cancel("a")
    before = await worker.job()
    assert await worker.post(f"{route}/{who}", body) == 200
    assert await worker.job() == before
    assert await worker.endpoint.items("a", 0) == []


@pytest.mark.parametrize("body", [b'{"output": 1}', b'{"status": "IN_PROGRESS", "output": 1}'])
async def test_nobody_speaks_for_another_worker(worker: Worker, body: bytes) -> None:
    await worker.run()
    await worker.post("job-done/other/a", body)
    job = await worker.job()
    assert (job.status, job.progress) == (Status.IN_PROGRESS, None)


# ping


@pytest.mark.parametrize("query", ["&job_id=a,b,c", "&job_id=a&job_id=b,c", "&job_id=,a,,b,c,"])
async def test_a_ping_names_jobs(worker: Worker, query: str) -> None:
    await worker.run("b")
    assert await worker.get(f"ping/w?gpu=x{query}&runpod_version=1.10.0") == (200, {})
    assert (worker.view().pings, worker.view().version) == (True, "1.10.0")
    assert await worker.get("job-stop/w") == (200, {"jobsToStop": ["a", "c"]})


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("status=unhealthy&check=gpu&reason=no+driver&runpod_version=1.10.0", "gpu: no driver"),
        ("status=unhealthy&reason=no+driver", "no driver"),
        ("status=unhealthy", "it says so"),
    ],
)
async def test_a_worker_tells_that_it_cannot_work(worker: Worker, query: str, problem: str) -> None:
    assert await worker.get(f"ping/w?gpu=x&{query}") == (200, {})
    assert (worker.view().state, worker.view().problem) == (State.UNHEALTHY, problem)


async def test_a_ping_without_jobs(worker: Worker) -> None:
    assert await worker.get("ping/w?gpu=x") == (200, {})
    assert worker.view().state is State.IDLE
