"""The bridge between boto3 and a worker that says what the test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing

import pytest
from aiohttp import web
from anyio.from_thread import start_blocking_portal
from botocore.client import BaseClient
from botocore.exceptions import EventStreamError

from tests.processes import wait_until
from tests.sagemaker.bridge import sagemaker

LINES = [b'{"token":{"text":"Gu', b'ten"}}\n{"token":', b'{"text":" Tag"}}\n']


class FakeWorker:
    """Answers as the first word of a request's body says."""

    def __init__(self) -> None:
        self.requests: list[tuple[web.Request, bytes]] = []
        self.streaming = 0
        self.may_break = False

    async def invocations(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((request, body))
        behaviour = getattr(self, f"_{body.partition(b' ')[0].decode()}")
        answer: web.StreamResponse = await behaviour(request)
        return answer

    async def _hello(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"generated_text": "Guten Tag"}, headers={"x-request-id": "1"})

    async def _refuse(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": "no inputs", "code": 424}, status=424)

    async def _fail(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"code": 503, "message": "full"}, status=503)

    async def _open(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({}, headers={"X-Amzn-SageMaker-Session-Id": "abc; Expires=2026-01-01T00:00:00Z"})

    async def _close(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({}, headers={"X-Amzn-SageMaker-Closed-Session-Id": "abc"})

    async def _lines(self, request: web.Request) -> web.StreamResponse:
        response = await self._begin(request)
        for line in LINES:
            await response.write(line)
        return response

    async def _break(self, request: web.Request) -> web.StreamResponse:
        response = await self._begin(request)
        await response.write(LINES[0])
        while not self.may_break:
            await asyncio.sleep(0.01)
        assert request.transport is not None
        request.transport.close()
        return response

    async def _stall(self, request: web.Request) -> web.StreamResponse:
        response = await self._begin(request)
        await response.write(LINES[0])
        await asyncio.Event().wait()
        return response

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = await self._begin(request)
        self.streaming += 1
        try:
            while True:
                await response.write(LINES[0])
                await asyncio.sleep(0.01)
        finally:
            self.streaming -= 1

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/jsonlines"})
        await response.prepare(request)
        return response


@asynccontextmanager
async def serving(worker: FakeWorker) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/invocations", worker.invocations)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture
def url(worker: FakeWorker) -> Iterator[str]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving(worker)) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[BaseClient]:
    with sagemaker(url) as client:
        yield client


def test_an_answer_comes_through(client: BaseClient, worker: FakeWorker) -> None:
    answer = client.invoke_endpoint(EndpointName="mini", Body=b"hello there", ContentType="application/json")

    assert json.loads(answer["Body"].read()) == {"generated_text": "Guten Tag"}
    assert answer["ContentType"] == "application/json; charset=utf-8"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert "x-request-id" not in answer["ResponseMetadata"]["HTTPHeaders"]
    assert worker.requests[0][1] == b"hello there"


def test_the_worker_gets_what_sagemaker_tells(client: BaseClient, worker: FakeWorker) -> None:
    client.invoke_endpoint(
        EndpointName="mini",
        Body=b"hello",
        ContentType="text/plain",
        Accept="application/jsonlines",
        CustomAttributes="a=1;b=2",
        TargetModel="m.tar.gz",
        InferenceId="request-1",
        InferenceComponentName="french",
        SessionId="abc",
    )

    headers = worker.requests[0][0].headers
    told = {name.lower(): value for name, value in headers.items() if name.lower().startswith("x-amzn")}
    assert told == {
        "x-amzn-sagemaker-custom-attributes": "a=1;b=2",
        "x-amzn-sagemaker-target-model": "m.tar.gz",
        "x-amzn-sagemaker-inference-id": "request-1",
        "x-amzn-sagemaker-adapter-identifier": "french",
        "x-amzn-sagemaker-session-id": "abc",
    }
    assert headers["Content-Type"] == "text/plain"
    assert headers["Accept"] == "application/jsonlines"
    assert "Authorization" not in headers


def test_a_request_for_a_stream_says_so(client: BaseClient, worker: FakeWorker) -> None:
    answer = client.invoke_endpoint_with_response_stream(EndpointName="mini", Body=b"lines", Accept="text/event-stream")
    list(answer["Body"])

    headers = worker.requests[0][0].headers
    assert headers["X-Amzn-SageMaker-Forwarded-Api"] == "InvokeEndpointWithResponseStream"
    assert headers["Accept"] == "text/event-stream"


@pytest.mark.parametrize(("word", "status", "said"), [("refuse", 424, "no inputs"), ("fail", 503, "full")])
@pytest.mark.parametrize("method", ["invoke_endpoint", "invoke_endpoint_with_response_stream"])
def test_a_refusal_is_a_model_error(client: BaseClient, method: str, word: str, status: int, said: str) -> None:
    with pytest.raises(client.exceptions.ModelError) as caught:
        getattr(client, method)(EndpointName="mini", Body=word.encode())

    assert caught.value.response["OriginalStatusCode"] == status
    assert said in caught.value.response["OriginalMessage"]


def test_sessions_are_told_in_sagemakers_headers(client: BaseClient) -> None:
    opened = client.invoke_endpoint(EndpointName="mini", Body=b"open", SessionId="NEW_SESSION")
    closed = client.invoke_endpoint(EndpointName="mini", Body=b"close", SessionId="abc")

    assert opened["NewSessionId"] == "abc; Expires=2026-01-01T00:00:00Z"
    assert closed["ClosedSessionId"] == "abc"


def test_each_chunk_is_a_part(client: BaseClient) -> None:
    answer = client.invoke_endpoint_with_response_stream(EndpointName="mini", Body=b"lines")

    assert answer["ContentType"] == "application/jsonlines"
    assert [event["PayloadPart"]["Bytes"] for event in answer["Body"]] == LINES


def error_of(client: BaseClient, worker: FakeWorker, body: bytes) -> str:
    """How a stream fails after its first part."""
    answer = client.invoke_endpoint_with_response_stream(EndpointName="mini", Body=body)
    with closing(answer["Body"]) as stream:
        events = iter(stream)
        assert next(events) == {"PayloadPart": {"Bytes": LINES[0]}}
        worker.may_break = True
        with pytest.raises(EventStreamError) as caught:
            next(events)
    return str(caught.value)


def test_a_stream_that_breaks_off_is_told(client: BaseClient, worker: FakeWorker) -> None:
    assert "(ModelStreamError)" in error_of(client, worker, b"break")


def test_a_stream_that_stalls_is_ended(url: str, worker: FakeWorker) -> None:
    with sagemaker(url, patience=0.2) as client:
        assert "(ModelStreamError)" in error_of(client, worker, b"stall")


def test_the_worker_sees_a_client_leave(client: BaseClient, worker: FakeWorker) -> None:
    answer = client.invoke_endpoint_with_response_stream(EndpointName="mini", Body=b"endless")
    with closing(answer["Body"]) as stream:
        next(iter(stream))
        assert worker.streaming == 1

    wait_until(lambda: worker.streaming == 0)
