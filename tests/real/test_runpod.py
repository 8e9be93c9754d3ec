"""RunPod's queue, with the official SDK's loop and a real engine, against a simulated platform."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bench.runpod_platform import Job, Platform, Status
from dragoman.models import MINI
from tests.real.worker import Worker
from tests.upstream import eventually

pytestmark = pytest.mark.anyio

MODEL = "mini"
VARIABLES = {
    "MODEL_NAME": str(MINI),
    "OPENAI_SERVED_MODEL_NAME_OVERRIDE": MODEL,
    "KV_CACHE_MEMORY_BYTES": "512M",
    "ENFORCE_EAGER": "true",
    "ENABLE_AUTO_TOOL_CHOICE": "true",
    "TOOL_CALL_PARSER": "hermes",
}
HELLO = [{"role": "user", "content": "Hello"}]
GREETING = "Hello! How can I help you?"
CHAT = {"messages": HELLO, "temperature": 0, "max_tokens": 30}
LONG = {"max_tokens": 3000, "ignore_eos": True, "temperature": 0}

Input = dict[str, Any]
Run = Callable[[Any], Awaitable[Job]]


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """One loop for the module, so that platform and worker live as long."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module")
async def platform(anyio_backend: str) -> AsyncIterator[Platform]:
    async with Platform() as platform:
        yield platform


@contextmanager
def on_runpod(platform: Platform, **variables: str) -> Iterator[Worker]:
    with Worker(variables={**VARIABLES, **platform.environment(), **variables}) as worker:
        yield worker


@pytest.fixture(scope="module")
async def worker(platform: Platform) -> AsyncIterator[Worker]:
    with on_runpod(platform, BATCH_MAX_DELAY_MS="0") as worker:
        await asyncio.to_thread(worker.wait_ready)
        yield worker


@pytest.fixture
def run(platform: Platform, worker: Worker) -> Run:
    async def run(content: Input) -> Job:
        job = platform.submit(content)
        await job.finished()
        return job

    return run


def output(job: Job) -> dict[str, Any]:
    """The only piece of a completed job."""
    assert job.status is Status.COMPLETED, job.done
    assert job.done is not None
    assert job.done["output"] == job.outputs
    (piece,) = job.outputs
    assert isinstance(piece, dict)
    return piece


def texts(job: Job) -> str:
    """What a standard job streamed, put together."""
    assert job.status is Status.COMPLETED, job.done
    return "".join(text for piece in job.outputs for text in piece["choices"][0]["tokens"])  # type: ignore[index]


def events(job: Job) -> list[Any]:
    """What a raw stream says; each piece is whole events."""
    assert all(isinstance(piece, str) and piece.endswith("\n\n") for piece in job.outputs)
    lines = "".join(map(str, job.outputs)).splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(each) for each in data if each != "[DONE]"]


def error(job: Job) -> dict[str, Any]:
    """What a failed job says."""
    assert job.status is Status.FAILED
    assert job.done is not None
    assert set(job.done) == {"error"}
    said: dict[str, Any] = json.loads(str(job.done["error"]))
    assert set(said) == {"message", "type", "param", "code"}
    assert "Traceback" not in said["message"]
    return said


async def engine_runs(worker: Worker) -> float:
    return await asyncio.to_thread(worker.metric, "vllm:num_requests_running")


@pytest.mark.parametrize(
    "content",
    [
        {"messages": HELLO},
        {"prompt": HELLO},
        {"prompt": "Hello", "apply_chat_template": True},
        {"prompt": "Hello", "messages": HELLO},
    ],
)
async def test_a_standard_job_answers_in_the_documented_shape(run: Run, content: Input) -> None:
    answer = output(await run({**content, "sampling_params": {"temperature": 0, "max_tokens": 30}}))
    assert answer["choices"] == [{"tokens": [GREETING]}]
    assert set(answer) == {"choices", "usage"}
    assert answer["usage"]["input"] > 5
    assert answer["usage"]["output"] > 5


async def test_a_prompt_is_continued_as_it_is(run: Run) -> None:
    answer = output(await run({"prompt": "Hello", "sampling_params": {"max_tokens": 5, "ignore_eos": True}}))
    assert answer["usage"]["output"] == 5
    assert answer["usage"]["input"] < 5


async def test_without_max_tokens_there_are_sixteen(run: Run) -> None:
    assert output(await run({"prompt": "Hello", "sampling_params": {"ignore_eos": True}}))["usage"]["output"] == 16


async def test_the_log_says_what_became_of_a_job_otherwise_than_asked(run: Run, worker: Worker) -> None:
    job = await run({"prompt": "Hello", "sampling_params": {"foo": 1, "ignore_eos": True}})
    assert f"job {job.id}: sampling_params left out: ['foo']" in worker.log()
    assert f"job {job.id}: cut by the default max_tokens, 16" in worker.log()


async def test_a_stream_comes_in_growing_pieces(run: Run) -> None:
    job = await run({"prompt": "Hello", "stream": True, "sampling_params": {**LONG, "max_tokens": 100}})
    counts = [piece["usage"]["output"] for piece in job.outputs]  # type: ignore[index]
    assert counts[-1] == 100
    assert counts[0] <= 2
    assert len(counts) <= 6
    whole = output(await run({"prompt": "Hello", "sampling_params": {**LONG, "max_tokens": 100}}))
    assert texts(job) == whole["choices"][0]["tokens"][0]


async def test_several_answers_to_one_prompt(run: Run) -> None:
    sampling = {"n": 2, "max_tokens": 5, "ignore_eos": True}
    answer = output(await run({"prompt": "Hello", "sampling_params": sampling}))
    assert [len(choice["tokens"]) for choice in answer["choices"]] == [1, 1]
    assert answer["usage"]["output"] == 10
    job = await run({"prompt": "Hello", "stream": True, "sampling_params": sampling})
    assert [len(piece["choices"]) for piece in job.outputs] == [2] * len(job.outputs)  # type: ignore[index]
    assert job.outputs[-1]["usage"]["output"] == 10  # type: ignore[index]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fields", [{"best_of": 3}, {"best_of": 3, "n": 2}, {"use_beam_search": True, "best_of": 2}])
async def test_best_of_and_beam_search_are_done(run: Run, fields: Input, stream: bool) -> None:
    job = await run({"prompt": "Hello", "stream": stream, "sampling_params": {**fields, "max_tokens": 5}})
    assert job.status is Status.COMPLETED, job.done
    assert {len(piece["choices"]) for piece in job.outputs} == {fields.get("n", 1)}  # type: ignore[index]


async def test_guided_choice_is_obeyed(run: Run) -> None:
    sampling = {"guided_choice": ["red", "blue"], "max_tokens": 20}
    assert output(await run({"messages": HELLO, "sampling_params": sampling}))["choices"][0]["tokens"][0] in (
        "red",
        "blue",
    )


async def test_openai_format_of_the_first_workers(run: Run) -> None:
    content = {"messages": HELLO, "use_openai_format": True, "sampling_params": {"temperature": 0, "max_tokens": 30}}
    answer = output(await run(content))
    assert (answer["object"], answer["choices"][0]["message"]["content"]) == ("chat.completion", GREETING)
    job = await run({**content, "stream": True})
    deltas = [piece["choices"][0]["delta"].get("content", []) for piece in job.outputs]  # type: ignore[index]
    assert "".join("".join(delta) for delta in deltas) == GREETING


@pytest.mark.parametrize(
    "content",
    [
        {"openai_route": "/v1/chat/completions", "openai_input": CHAT},
        {"openai_route": "/v1/chat/completions", "openai_input": {**CHAT, "model": MODEL}},
        {"openai_route": "/v1/chat/completions", "openai_input": {**CHAT, "model": str(MINI)}},
        {"openai_input": CHAT},
        {"route": "/v1/chat/completions", "body": CHAT},
        {"route": "/v1/chat/completions", "body": CHAT, "method": "post"},
    ],
)
async def test_openais_chat(run: Run, content: Input) -> None:
    answer = output(await run(content))
    assert (answer["object"], answer["choices"][0]["message"]["content"]) == ("chat.completion", GREETING)


async def test_openais_chat_streamed(run: Run) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}}
    job = await run({"openai_route": "/v1/chat/completions", "openai_input": {**CHAT, **options}})
    said = events(job)
    assert "".join(choice["delta"].get("content") or "" for event in said for choice in event["choices"]) == GREETING
    assert said[-1]["choices"] == []
    assert said[-1]["usage"]["completion_tokens"] > 5
    assert str(job.outputs[-1]).endswith("data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("route", "content", "shape"),
    [
        ("/v1/models", None, {"object": "list"}),
        ("/v1/models", {}, {"object": "list"}),
        ("/v1/completions", {"prompt": "Hello", "max_tokens": 3}, {"object": "text_completion"}),
        ("/v1/responses", {"input": "Hello", "max_output_tokens": 20}, {"object": "response"}),
        ("/v1/messages", {"messages": HELLO, "max_tokens": 20}, {"type": "message", "role": "assistant"}),
        ("/v1/messages/count_tokens", {"messages": HELLO}, {}),
        ("/tokenize", {"prompt": "Hello"}, {}),
        ("/detokenize", {"tokens": [5, 6]}, {}),
    ],
)
async def test_every_route_of_the_engine(run: Run, route: str, content: Input | None, shape: Input) -> None:
    for names in (("openai_route", "openai_input"), ("route", "body")):
        answer = output(await run(dict(zip(names, (route, content), strict=True))))
        assert {key: answer.get(key) for key in shape} == shape


@pytest.mark.parametrize(
    ("route", "content", "ending"),
    [
        ("/v1/completions", {"prompt": "Hello", "max_tokens": 20}, "data: [DONE]\n\n"),
        ("/v1/responses", {"input": "Hello", "max_output_tokens": 20}, "event: response.completed"),
        ("/v1/messages", {"messages": HELLO, "max_tokens": 20}, "event: message_stop"),
    ],
)
async def test_every_stream_of_the_engine(run: Run, route: str, content: Input, ending: str) -> None:
    job = await run({"openai_route": route, "openai_input": {**content, "stream": True}})
    assert job.status is Status.COMPLETED, job.done
    assert len(events(job)) > 3
    assert ending in str(job.outputs[-1])


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        ("hi", "BadRequestError", 400),
        (None, "BadRequestError", 400),
        ({}, "BadRequestError", 400),
        ({"prompt": "x", "sampling_params": {"temperature": -1}}, "BadRequestError", 400),
        ({"prompt": "x", "sampling_params": {"top_p": 2}}, "BadRequestError", 400),
        ({"prompt": "x", "sampling_params": {"n": 0}}, "BadRequestError", 400),
        ({"prompt": "x", "sampling_params": "much"}, "BadRequestError", 400),
        ({"prompt": {"text": "x"}}, "BadRequestError", 400),
        ({"messages": [{"content": "no role"}]}, "BadRequestError", 400),
        ({"openai_route": "/v1/chat/completions", "openai_input": {**CHAT, "model": "no"}}, "NotFoundError", 404),
        ({"openai_route": "/v1/no", "openai_input": CHAT}, "NotFoundError", 404),
        ({"openai_route": "/v1/chat/completions", "openai_input": {"messages": "x" * 9}}, "BadRequestError", 400),
        ({"route": "/../admin", "body": {}}, "NotFoundError", 404),
        ({"route": "http://evil/v1/models"}, "NotFoundError", 404),
        ({"route": "/metrics"}, "NotFoundError", 404),
        ({"route": "/scale_elastic_ep", "body": {"new_data_parallel_size": 2}}, "NotFoundError", 404),
    ],
)
async def test_bad_jobs_fail_with_a_reason(run: Run, worker: Worker, content: object, kind: str, code: int) -> None:
    said = error(await run(content))
    assert (said["type"], said["code"]) == (kind, code), said
    assert (await asyncio.to_thread(worker.health))[0] == 200


async def test_a_stream_that_cannot_begin_says_so_in_the_stream_too(run: Run) -> None:
    job = await run({"openai_input": {**CHAT, "stream": True, "temperature": -1}})
    assert error(job)["code"] == 400
    assert events(job)[0]["error"]["code"] == 400
    assert str(job.outputs[-1]).endswith("data: [DONE]\n\n")


async def test_jobs_side_by_side_keep_their_answers_to_themselves(platform: Platform, worker: Worker) -> None:
    def ask(number: int) -> Input:
        asked = {"prompt": f"Number {number}:", "echo": True, "max_tokens": 20, "stream": number % 2 == 0}
        return {"openai_route": "/v1/completions", "openai_input": asked}

    jobs = [platform.submit(ask(number)) for number in range(64)]
    for number, job in enumerate(jobs):
        assert await job.finished() is Status.COMPLETED, job.done
        pieces = events(job) if number % 2 == 0 else job.outputs
        said = "".join(piece["choices"][0]["text"] for piece in pieces if piece["choices"])  # type: ignore[index]
        assert said.startswith(f"Number {number}:")


@pytest.mark.parametrize("stream", [True, False])
async def test_a_cancelled_job_reaches_the_engine_while_others_run(
    platform: Platform, worker: Worker, stream: bool
) -> None:
    content = {"prompt": "Hello", "sampling_params": LONG}
    cancelled = platform.submit({**content, "stream": stream})
    other = platform.submit({**content, "stream": True})
    await other.first_item()
    async with asyncio.timeout(10):
        while await engine_runs(worker) != 2:
            await asyncio.sleep(0.01)
    platform.cancel(cancelled)
    async with asyncio.timeout(10):
        while await engine_runs(worker) != 1:
            await asyncio.sleep(0.01)
    assert other.status is Status.IN_PROGRESS
    platform.cancel(other)
    async with asyncio.timeout(10):
        while await engine_runs(worker):
            await asyncio.sleep(0.01)


async def test_a_slow_platform_gets_fewer_posts_and_the_same_text(platform: Platform, run: Run) -> None:
    content = {"prompt": "Hello", "stream": True, "sampling_params": {**LONG, "max_tokens": 200}}
    quick = await run(content)
    platform.latency = 0.03
    slow = await run(content)
    platform.latency = 0.0
    assert len(slow.outputs) <= 20
    assert texts(slow) == texts(quick)


async def test_failing_posts_change_neither_order_nor_text(platform: Platform, run: Run) -> None:
    content = {"prompt": "Hello", "stream": True, "sampling_params": {**LONG, "max_tokens": 50}}
    quiet = await run(content)
    platform.fail_next("stream", 2)
    platform.drop_next("done", 2)
    assert texts(await run(content)) == texts(quiet)


async def test_jobs_in_flight_fail_when_the_engine_dies_and_later_ones_do_not(
    platform: Platform, worker: Worker
) -> None:
    jobs = [
        platform.submit({"prompt": "Hello", "stream": True, "sampling_params": LONG}),
        platform.submit({"prompt": "Hello", "sampling_params": LONG}),
        platform.submit({"openai_route": "/v1/completions", "openai_input": {"prompt": "a", "stream": True, **LONG}}),
    ]
    await jobs[0].first_item()
    await jobs[2].first_item()
    worker.family()["EngineCore"].kill()
    for job in jobs:
        await job.finished()
        assert error(job)["code"] == 500
    await eventually(lambda: platform.open_polls == 0)
    later = platform.submit({"messages": HELLO, "sampling_params": {"temperature": 0, "max_tokens": 30}})
    await later.finished()
    assert texts(later) == GREETING


async def test_sigterm_lets_jobs_finish_takes_no_more_and_leaves_nothing(platform: Platform, worker: Worker) -> None:
    await asyncio.to_thread(worker.wait_ready)
    family = worker.family()
    job = platform.submit({"prompt": "Hello", "stream": True, "sampling_params": {**LONG, "max_tokens": 400}})
    await job.first_item()
    await eventually(lambda: platform.open_polls == 1)
    worker.process.send_signal(signal.SIGTERM)
    await eventually(lambda: platform.open_polls == 0)
    later = platform.submit({"prompt": "Hello"})
    assert await job.finished() is Status.COMPLETED
    assert await asyncio.to_thread(worker.process.wait, 60) == 0
    assert later.status is Status.IN_QUEUE
    assert [name for name, process in family.items() if process.is_running()] == []
    platform.cancel(later)


async def test_a_worker_that_is_refreshed_ends_after_its_job(platform: Platform) -> None:
    job = platform.submit({"prompt": "Hello"})
    with on_runpod(platform, REFRESH_WORKER="true", MAX_CONCURRENCY="1") as worker:
        assert await job.finished() is Status.COMPLETED
        assert await asyncio.to_thread(worker.process.wait, 60) == 0
    assert job.done is not None
    assert job.done["stopPod"] is True
