import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from dragoman.gateway.terms import Terms
from tests.gateway.gateways import ENDPOINT, KEY, Gateway, Worker, serving
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

MESSAGES: list[Any] = [{"role": "user", "content": "Hi"}]
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
}
DONE = "data: [DONE]\n\n"


def chunk(text: str) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def event(content: object) -> str:
    return f"data: {json.dumps(content)}\n\n"


def error(code: object, **fields: object) -> dict[str, object]:
    return {"message": "no", "type": "SomeError", "param": None, "code": code, **fields}


@pytest.fixture
async def gateway(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with serving(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def worker(gateway: Gateway) -> Worker:
    return Worker(gateway)


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=gateway.openai_url, api_key=KEY, max_retries=0) as client:
        yield client


def asking(client: AsyncOpenAI) -> "asyncio.Task[Any]":
    """A client that waits for a whole answer."""
    return asyncio.create_task(client.chat.completions.create(model="m", messages=MESSAGES))


def streaming(client: AsyncOpenAI) -> "asyncio.Task[Any]":
    """A client that waits for a stream to begin."""
    return asyncio.create_task(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))


async def words(stream: AsyncIterator[Any]) -> list[str]:
    return [piece.choices[0].delta.content async for piece in stream]


async def test_a_chat(client: AsyncOpenAI, worker: Worker) -> None:
    asked = asking(client)
    job = await worker.take()
    assert job["input"] == {
        "openai_route": "/v1/chat/completions",
        "openai_input": {"model": "m", "messages": MESSAGES},
    }
    await worker.done(job, output=[COMPLETION])
    answer = await asked
    assert answer.choices[0].message.content == "Hello"
    assert answer._request_id == job["id"]
    assert job["id"].startswith("sync-")


@pytest.mark.parametrize("raw", [True, False])
async def test_a_streamed_chat_comes_as_the_worker_posts_it(client: AsyncOpenAI, worker: Worker, raw: bool) -> None:
    asked = streaming(client)
    job = await worker.take()
    assert job["input"]["openai_input"]["stream"] is True
    pieces = [event(chunk(text)) if raw else [chunk(text)] for text in ("a", "b")]
    await worker.stream(job, pieces[0])
    stream = await asked
    assert (await anext(stream)).choices[0].delta.content == "a"
    await worker.stream(job, pieces[1])
    assert (await anext(stream)).choices[0].delta.content == "b"
    if raw:
        await worker.stream(job, DONE)
    await worker.done(job, output=[])
    assert await words(stream) == []


async def test_a_stream_is_passed_on_byte_by_byte(gateway: Gateway, worker: Worker) -> None:
    texts = [": comment\n\n", "data: {\u00e9", "\U0001f600}\r\n\r\n", "no event at all"]
    async with asyncio.TaskGroup() as tasks:
        body = {"stream": True}
        asked = tasks.create_task(gateway.session.post(f"{gateway.openai_url}/completions", json=body))
        job = await worker.take()
        for text in texts:
            await worker.stream(job, text)
        await worker.done(job, output=texts)
    async with asked.result() as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        assert response.headers["x-request-id"] == job["id"]
        assert await response.read() == "".join(texts).encode()


async def test_a_worker_that_returns_its_stream_at_the_end(client: AsyncOpenAI, worker: Worker) -> None:
    asked = streaming(client)
    await worker.done(await worker.take(), output=[event(chunk("a")), event(chunk("b")), DONE])
    assert await words(await asked) == ["a", "b"]


async def test_a_worker_that_yields_its_answer_and_returns_nothing(client: AsyncOpenAI, worker: Worker) -> None:
    asked = asking(client)
    job = await worker.take()
    await worker.stream(job, COMPLETION)
    await worker.done(job, output=[])
    assert (await asked).choices[0].message.content == "Hello"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_worker_that_says_nothing_at_all(client: AsyncOpenAI, worker: Worker, stream: bool) -> None:
    asked = streaming(client) if stream else asking(client)
    await worker.done(await worker.take(), output=[])
    with pytest.raises(openai.InternalServerError, match="The worker gave no answer"):
        await asked


async def test_the_models(client: AsyncOpenAI, worker: Worker) -> None:
    async def models() -> list[str]:
        return [model.id async for model in client.models.list()]

    asked = asyncio.create_task(models())
    job = await worker.take()
    assert job["input"] == {"openai_route": "/v1/models"}
    await worker.done(job, output=[{"object": "list", "data": [{"id": "m", "object": "model"}]}])
    assert await asked == ["m"]


async def test_one_model_with_a_slash_in_its_name(client: AsyncOpenAI, worker: Worker) -> None:
    asked = asyncio.create_task(client.models.retrieve("org/model"))
    job = await worker.take()
    assert job["input"] == {"openai_route": "/v1/models/org/model"}
    await worker.done(job, output=[{"id": "org/model", "object": "model"}])
    assert (await asked).id == "org/model"


@pytest.mark.parametrize(
    ("method", "body", "job_input"),
    [
        ("GET", None, {"openai_route": "/v1/some/where"}),
        ("DELETE", None, {"openai_route": "/v1/some/where"}),
        ("DELETE", {"a": 1}, {"openai_route": "/v1/some/where", "openai_input": {"a": 1}}),
        ("PUT", {"a": 1}, {"openai_route": "/v1/some/where", "openai_input": {"a": 1}}),
        ("PATCH", {}, {"openai_route": "/v1/some/where", "openai_input": {}}),
        ("POST", {"stream": "true"}, {"openai_route": "/v1/some/where", "openai_input": {"stream": "true"}}),
        ("POST", {"stream": 1}, {"openai_route": "/v1/some/where", "openai_input": {"stream": 1}}),
    ],
)
async def test_every_method_and_path_is_a_job(
    gateway: Gateway, worker: Worker, method: str, body: object, job_input: object
) -> None:
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(gateway.session.request(method, f"{gateway.openai_url}/some/where", json=body))
        job = await worker.take()
        await worker.done(job, output=[{"yes": True}])
    assert job["input"] == job_input
    async with asked.result() as response:
        assert (response.content_type, await response.json()) == ("application/json", {"yes": True})


@pytest.mark.parametrize(
    ("done", "kind", "status"),
    [
        ({"error": json.dumps(error(400))}, openai.BadRequestError, 400),
        ({"error": str({"error": error("404")})}, openai.NotFoundError, 404),
        ({"error": json.dumps({"error": error(429)})}, openai.RateLimitError, 429),
        ({"error": json.dumps(error(None))}, openai.InternalServerError, 500),
        ({"error": "no"}, openai.InternalServerError, 500),
        ({"output": [error(400, object="error")]}, openai.BadRequestError, 400),
        ({"output": [{"error": error(422)}]}, openai.UnprocessableEntityError, 422),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_job_that_fails(
    client: AsyncOpenAI,
    worker: Worker,
    stream: bool,
    done: dict[str, object],
    kind: type[openai.APIStatusError],
    status: int,
) -> None:
    asked = streaming(client) if stream else asking(client)
    job = await worker.take()
    await worker.done(job, **done)
    with pytest.raises(kind) as raised:
        await asked
    assert (raised.value.status_code, raised.value.request_id) == (status, job["id"])
    assert isinstance(raised.value.body, dict)
    assert (raised.value.body["message"], set(raised.value.body)) == ("no", {"message", "type", "param", "code"})


async def test_a_stream_whose_first_event_is_an_error_is_none(client: AsyncOpenAI, worker: Worker) -> None:
    asked = streaming(client)
    job = await worker.take()
    await worker.stream(job, event({"error": error(400)}) + DONE)
    with pytest.raises(openai.BadRequestError):
        await asked
    await worker.done(job, error=json.dumps(error(400)))


@pytest.mark.parametrize("told", [True, False])
async def test_a_stream_that_fails_says_so_once(gateway: Gateway, worker: Worker, told: bool) -> None:
    async with asyncio.TaskGroup() as tasks:
        url = f"{gateway.openai_url}/chat/completions"
        asked = tasks.create_task(gateway.session.post(url, json={"stream": True}))
        job = await worker.take()
        await worker.stream(job, event(chunk("a")))
        if told:
            await worker.stream(job, event({"error": error(400)}))
        await worker.done(job, error=json.dumps(error(400)))
    async with asked.result() as response:
        assert response.status == 200
        first, last = (await response.text()).split("\n\n")[:2]
        assert json.loads(first.removeprefix("data: ")) == chunk("a")
        assert json.loads(last.removeprefix("data: ")) == {"error": error(400)}


async def test_openai_s_client_hears_of_a_stream_that_fails(client: AsyncOpenAI, worker: Worker) -> None:
    asked = streaming(client)
    job = await worker.take()
    await worker.stream(job, [chunk("a")])
    await worker.done(job, error="it broke")
    with pytest.raises(openai.APIError, match="it broke"):
        await words(await asked)


async def test_anthropic_s_client_hears_of_it_too(gateway: Gateway, worker: Worker) -> None:
    async def ask() -> None:
        base_url = f"{gateway.url}/openai"
        async with (
            AsyncAnthropic(base_url=base_url, auth_token=KEY, api_key=None, max_retries=0) as client,
            client.messages.stream(model="m", messages=MESSAGES, max_tokens=9) as stream,
        ):
            await stream.get_final_message()

    asked = asyncio.create_task(ask())
    job = await worker.take()
    await worker.stream(job, 'event: ping\ndata: {"type": "ping"}\n\n')
    await worker.done(job, error="it broke")
    with pytest.raises(anthropic.APIStatusError, match="it broke"):
        await asked


@pytest.mark.parametrize("stream", [True, False])
async def test_a_job_that_somebody_cancels(gateway: Gateway, client: AsyncOpenAI, worker: Worker, stream: bool) -> None:
    asked = streaming(client) if stream else asking(client)
    await gateway.endpoint.cancel((await worker.take())["id"])
    with pytest.raises(openai.APIStatusError) as raised:
        await asked
    assert raised.value.status_code == 499


async def test_a_job_that_runs_too_long(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, Terms(execution_timeout=0.05)) as gateway,
        AsyncOpenAI(base_url=gateway.openai_url, api_key=KEY, max_retries=0) as client,
    ):
        asked = asking(client)
        await Worker(gateway).take()
        with pytest.raises(openai.InternalServerError) as raised:
            await asked
        assert raised.value.status_code == 504


async def test_a_worker_that_is_lost_before_the_first_event_is_replaced(
    gateway: Gateway, client: AsyncOpenAI, worker: Worker
) -> None:
    asked = streaming(client)
    await worker.take()
    await gateway.endpoint.lost(worker.name)
    other = Worker(gateway, "other")
    job = await other.take()
    await other.stream(job, [chunk("a")])
    await other.done(job, output=[])
    assert await words(await asked) == ["a"]


async def test_a_worker_that_is_lost_later_ends_the_stream_and_the_job(
    gateway: Gateway, client: AsyncOpenAI, worker: Worker
) -> None:
    asked = streaming(client)
    job = await worker.take()
    await worker.stream(job, [chunk("a")])
    stream = await asked
    await anext(stream)
    await gateway.endpoint.lost(worker.name)
    with pytest.raises(openai.APIError, match=r"its worker was lost in mid-stream; the job has been cancelled\.$"):
        await words(stream)
    assert await gateway.status(job["id"]) == "CANCELLED"


async def test_a_stream_is_not_whole_though_another_worker_has_ended_the_job_meanwhile(
    gateway: Gateway, worker: Worker
) -> None:
    url = f"{gateway.openai_url}/chat/completions"
    asked = asyncio.create_task(gateway.session.post(url, json={"stream": True}))
    job = await worker.take()
    for _ in range(40):
        await worker.stream(job, [chunk("x" * 800_000)])
    async with await asked as response:
        # Nobody reads yet, and no buffer takes all of it.
        await gateway.endpoint.lost(worker.name)
        other = Worker(gateway, "other")
        await other.done(await other.take(), output=[])
        assert "its worker was lost in mid-stream" in await response.text()
    assert await gateway.status(job["id"]) == "COMPLETED"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_cancels_its_queued_job(gateway: Gateway, client: AsyncOpenAI, stream: bool) -> None:
    asked = streaming(client) if stream else asking(client)

    async def is_queued() -> bool:
        return bool(await gateway.ids())

    await eventually(is_queued)
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
    assert (await gateway.endpoint.finished((await gateway.ids())[0])).status == "CANCELLED"


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_stops_its_running_job(
    gateway: Gateway, client: AsyncOpenAI, worker: Worker, stream: bool
) -> None:
    asked = streaming(client) if stream else asking(client)
    job = await worker.take()
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
    assert await worker.stops() == [job["id"]]
    assert await gateway.status(job["id"]) == "CANCELLED"


async def test_a_client_that_leaves_its_stream_stops_the_job(
    gateway: Gateway, client: AsyncOpenAI, worker: Worker
) -> None:
    asked = streaming(client)
    job = await worker.take()
    await worker.stream(job, event(chunk("a")))
    stream = await asked
    await anext(stream)
    await stream.close()
    assert await worker.stops() == [job["id"]]


async def test_a_client_that_leaves_at_the_streams_last_word_cancels_nothing(
    gateway: Gateway, client: AsyncOpenAI, worker: Worker
) -> None:
    asked = streaming(client)
    job = await worker.take()
    await worker.stream(job, event(chunk("a")) + "data: [DONE]\n\n")
    async with await asked as stream:
        assert [piece.choices[0].delta.content async for piece in stream] == ["a"]
    await asyncio.sleep(0.1)
    await worker.done(job, output="all")
    assert await gateway.status(job["id"]) == "COMPLETED"


async def test_what_curl_calls_a_form_is_taken_for_json(gateway: Gateway, worker: Worker) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    asked = asyncio.create_task(gateway.session.post(f"{gateway.openai_url}/x", data=b'{"a": 1}', headers=headers))
    job = await worker.take()
    assert job["input"] == {"openai_route": "/v1/x", "openai_input": {"a": 1}}
    await worker.done(job, output={"b": 2})
    async with await asked as response:
        assert (response.status, await response.json()) == (200, {"b": 2})


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "multipart/form-data; boundary=x", 415),
        (b"x" * 20_000_001, "multipart/form-data; boundary=x", 415),
        (b'{"a": "%b"}' % (b"x" * 20_000_000), "application/json", 413),
    ],
    ids=["empty", "list", "null", "broken", "deep", "multipart", "large upload", "large"],
)
async def test_a_body_that_is_no_job(gateway: Gateway, content: bytes, media_type: str, status: int) -> None:
    url, headers = f"{gateway.openai_url}/chat/completions", {"content-type": media_type}
    async with gateway.session.post(url, data=BytesIO(content), headers=headers) as response:
        body = await response.json()
    assert (response.status, body["error"]["code"]) == (status, status)
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert await gateway.ids() == []


async def test_a_wrong_key(gateway: Gateway) -> None:
    async with AsyncOpenAI(base_url=gateway.openai_url, api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            await asking(client)


async def test_another_endpoint(gateway: Gateway) -> None:
    url = gateway.openai_url.replace(f"/{ENDPOINT}/", "/other/")
    async with AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        with pytest.raises(openai.NotFoundError):
            await asking(client)
