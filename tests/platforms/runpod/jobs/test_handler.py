import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
import pytest
from starlette.types import Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.platforms.runpod.jobs.handler import Jobs
from dragoman.settings.values import Value
from tests.platforms.runpod.jobs.scripted import DONE, Answer, ScriptedEngine, Step, as_json, as_stream, event, options

pytestmark = pytest.mark.anyio

CHAT, COMPLETIONS, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/responses"
TALK = [{"role": "user", "content": "Hi"}]
HELD = 3600
MODELS = {"object": "list", "data": []}


def jobs(engine: ScriptedEngine, **changes: Value) -> Jobs:
    return Jobs(Client(engine.app), options(**changes))


def job(given: Value) -> dict[str, Any]:
    return {"id": "job-1", "input": given}


def openai(path: str, **body: Value) -> dict[str, Any]:
    return job({"openai_route": path, "openai_input": body})


async def done(engine: ScriptedEngine, given: dict[str, Any], **changes: Value) -> list[Any]:
    """All items of a job, after which the engine has nothing left to do."""
    items = [item async for item in jobs(engine, **changes).handle(given)]
    assert engine.running == 0
    return items


def told(items: list[Any]) -> tuple[Any, ...]:
    """What the last item says about the job's failure."""
    error = orjson.loads(items[-1]["error"])
    assert list(error) == ["message", "type", "param", "code"]
    return tuple(error.values())


def generated(index: int, tokens: int, text: str = "a", finish_reason: str | None = None) -> bytes:
    usage = {"prompt_tokens": 7, "completion_tokens": tokens}
    return event({"choices": [{"index": index, "text": text, "finish_reason": finish_reason}], "usage": usage})


def a_hundred_tokens() -> list[bytes]:
    total = event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 100}})
    return [*(generated(0, count + 1, f"{count} ") for count in range(100)), total, DONE]


def test_the_sdk_takes_it_for_an_async_generator() -> None:
    assert inspect.isasyncgenfunction(jobs(ScriptedEngine({})).handle)


async def test_a_prompt_is_answered_in_choices_tokens_and_usage() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    engine = ScriptedEngine({COMPLETIONS: as_json({"choices": [{"index": 0, "text": "abc"}], "usage": usage})})
    items = await done(engine, job({"prompt": "Hi"}))
    assert items == [{"choices": [{"tokens": ["abc"]}], "usage": {"input": 3, "output": 5}}]


async def test_a_stream_of_a_hundred_tokens_comes_in_six_items() -> None:
    engine = ScriptedEngine({COMPLETIONS: as_stream(*a_hundred_tokens())})
    items = await done(engine, job({"prompt": "Hi", "stream": True}))
    texts = [item["choices"][0]["tokens"] for item in items]
    assert [len(each) for each in texts] == [1, 3, 9, 27, 50, 10]
    assert "".join(text for each in texts for text in each) == "".join(f"{count} " for count in range(100))
    assert [item["usage"]["output"] for item in items] == [1, 4, 13, 40, 90, 100]
    assert {item["usage"]["input"] for item in items} == {7}


async def test_the_batches_are_the_same_however_the_engine_cuts_its_bytes() -> None:
    stream = b"".join(a_hundred_tokens())
    engine = ScriptedEngine(
        {COMPLETIONS: as_stream(*(stream[start : start + 7] for start in range(0, len(stream), 7)))}
    )
    items = await done(engine, job({"prompt": "Hi", "stream": True, "batch_size": 40}))
    assert [len(item["choices"][0]["tokens"]) for item in items] == [40, 40, 20]


async def test_with_a_delay_all_that_came_during_a_post_is_one_item() -> None:
    rest = asyncio.Event()
    first, *others = a_hundred_tokens()
    engine = ScriptedEngine({COMPLETIONS: as_stream(first, rest, *others)})
    items = jobs(engine, batch_max_delay_ms=HELD * 1000).handle(job({"prompt": "Hi", "stream": True}))
    sizes = [len((await anext(items))["choices"][0]["tokens"])]  # type: ignore[index]
    rest.set()
    while engine.running:
        await asyncio.sleep(0)
    sizes += [len(item["choices"][0]["tokens"]) async for item in items]  # type: ignore[index]
    assert sizes == [1, 99]


async def test_a_token_that_is_alone_for_the_delay_goes_alone() -> None:
    more = asyncio.Event()
    engine = ScriptedEngine({COMPLETIONS: as_stream(generated(0, 1), generated(0, 2), more, generated(0, 3), DONE)})
    sizes = []
    async for item in jobs(engine, batch_max_delay_ms=1).handle(job({"prompt": "Hi", "stream": True})):
        sizes.append(len(item["choices"][0]["tokens"]))  # type: ignore[index]
        if sum(sizes) == 2:
            more.set()
    assert sum(sizes) == 3


async def test_the_engine_goes_on_while_the_platform_takes_an_item() -> None:
    engine = ScriptedEngine({COMPLETIONS: as_stream(*a_hundred_tokens())})
    items = jobs(engine).handle(job({"prompt": "Hi", "stream": True}))
    await anext(items)
    while engine.running:
        await asyncio.sleep(0)
    assert len([item async for item in items]) == 5


async def test_a_conversation_keeps_its_reasoning_by_way_of_its_tokens() -> None:
    answer: Value = {
        "choices": [{"index": 0, "text": "<think>"}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 1},
    }
    engine = ScriptedEngine({"/tokenize": as_json({"tokens": [5, 6], "count": 2}), COMPLETIONS: as_json(answer)})
    items = await done(engine, job({"messages": TALK}), reasoning_parser="qwen3")
    assert items[0]["choices"] == [{"tokens": ["<think>"]}]
    assert (engine.bodies[1]["prompt"], engine.bodies[1]["add_special_tokens"]) == ([5, 6], False)


async def test_a_conversation_that_cannot_be_tokenized_fails() -> None:
    error = {"error": {"message": "no template", "type": "BadRequestError", "param": None, "code": 400}}
    engine = ScriptedEngine({"/tokenize": as_json(error, 400)})
    items = await done(engine, job({"messages": TALK}), reasoning_parser="qwen3")
    assert (len(items), told(items)) == (1, ("no template", "BadRequestError", None, 400))


async def test_an_openai_answer_comes_as_it_is() -> None:
    answer: Value = {"object": "chat.completion", "choices": [], "usage": None}
    engine = ScriptedEngine({CHAT: as_json(answer)})
    assert await done(engine, openai(CHAT, messages=TALK)) == [answer]
    assert engine.bodies == [{"messages": TALK, "model": "m"}]


async def test_models_are_asked_for_without_a_body() -> None:
    engine = ScriptedEngine({"/v1/models": as_json(MODELS)})
    assert await done(engine, job({"openai_route": "/v1/models"})) == [MODELS]
    assert (engine.asked[0].method, engine.bodies) == ("GET", [None])


async def test_the_engine_gets_the_query() -> None:
    engine = ScriptedEngine({f"{RESPONSES}/r": as_json({"error": None})})
    given = job({"openai_route": f"{RESPONSES}/r?stream=false"})
    items = [item async for item in Jobs(Client(engine.app), options()).handle(given)]
    assert items == [{"error": None}]
    (request,) = engine.asked
    assert request.url.query == "stream=false"


async def test_a_raw_stream_comes_in_strings_of_1_3_9_events() -> None:
    stream = [event({"n": count}) for count in range(12)] + [DONE]
    items = await done(ScriptedEngine({CHAT: as_stream(*stream)}), openai(CHAT, messages=TALK, stream=True))
    assert [item.count("data: ") for item in items] == [1, 3, 9]
    assert "".join(items).encode() == b"".join(stream)


async def test_a_parsed_stream_comes_in_lists_without_its_end() -> None:
    stream = [event({"n": count}) for count in range(5)] + [DONE]
    engine = ScriptedEngine({CHAT: as_stream(*stream)})
    items = await done(engine, openai(CHAT, messages=TALK, stream=True), raw_openai_output=False)
    assert items == [[{"n": 0}], [{"n": 1}, {"n": 2}, {"n": 3}], [{"n": 4}]]


async def test_the_answers_type_says_whether_it_is_a_stream() -> None:
    engine = ScriptedEngine({CHAT: as_stream(event({"n": 1}), DONE)})
    assert len(await done(engine, openai(CHAT, messages=TALK, stream="true"))) == 2


@pytest.mark.parametrize(
    ("path", "last"),
    [
        (MESSAGES, b'event: message_stop\ndata: {"type":"message_stop"}\n\n'),
        (RESPONSES, b'event: response.completed\ndata: {"response":{"error":null}}\n\n'),
    ],
)
async def test_named_events_keep_their_names(path: str, last: bytes) -> None:
    stream = [b'event: start\ndata: {"type":"start"}\n\n', last]
    items = await done(ScriptedEngine({path: as_stream(*stream)}), openai(path, stream=True))
    assert "".join(items).encode() == b"".join(stream)


async def test_openai_output_of_a_standard_job() -> None:
    stream = [event({"n": 1}), DONE]
    items = await done(
        ScriptedEngine({CHAT: as_stream(*stream)}), job({"messages": TALK, "stream": True}), standard_output="openai"
    )
    assert "".join(items).encode() == b"".join(stream)


async def test_use_openai_format_streams_chunks_with_lists() -> None:
    stream = [event({"choices": [{"index": 0, "delta": {"content": text}}]}) for text in "abcd"]
    engine = ScriptedEngine({CHAT: as_stream(*stream, DONE)})
    items = await done(engine, job({"messages": TALK, "stream": True, "use_openai_format": True}))
    assert [item["choices"][0]["delta"]["content"] for item in items] == [["a"], ["b", "c", "d"]]


NOT_FOUND = {"message": "no such model", "type": "NotFoundError", "param": "model", "code": 404}


@pytest.mark.parametrize(
    ("given", "raw", "before"),
    [
        (openai(CHAT, messages=TALK), True, []),
        (openai(CHAT, messages=TALK, stream=True), True, [event({"error": NOT_FOUND}).decode() + "data: [DONE]\n\n"]),
        (openai(CHAT, messages=TALK, stream=True), False, [[{"error": NOT_FOUND}]]),
        (job({"messages": TALK, "stream": True}), True, []),
        (job({"messages": TALK, "stream": True, "use_openai_format": True}), True, []),
    ],
)
async def test_an_error_of_the_engine_fails_the_job(given: dict[str, Any], raw: bool, before: list[Any]) -> None:
    engine = ScriptedEngine({CHAT: as_json({"error": NOT_FOUND}, 404)})
    items = await done(engine, given, raw_openai_output=raw)
    assert items[:-1] == before
    assert told(items) == tuple(NOT_FOUND.values())


async def test_an_error_in_the_stream_is_passed_on_and_fails_the_job_after_it() -> None:
    stream = [event({"n": 1}), event({"error": NOT_FOUND}), DONE]
    items = await done(ScriptedEngine({CHAT: as_stream(*stream)}), openai(CHAT, messages=TALK, stream=True))
    assert "".join(items[:-1]).encode() == b"".join(stream)
    assert told(items) == tuple(NOT_FOUND.values())


async def test_an_error_in_the_stream_fails_a_standard_job_after_its_tokens() -> None:
    engine = ScriptedEngine({COMPLETIONS: as_stream(generated(0, 1), event({"error": NOT_FOUND}), DONE)})
    items = await done(engine, job({"prompt": "Hi", "stream": True}))
    assert [item["choices"] for item in items[:-1]] == [[{"tokens": ["a"]}]]
    assert told(items) == tuple(NOT_FOUND.values())


async def test_an_answer_that_holds_an_error_fails_the_job() -> None:
    engine = ScriptedEngine({RESPONSES: as_json({"status": "failed", "error": {"code": "x", "message": "no"}})})
    items = await done(engine, openai(RESPONSES, input="Hi"))
    assert (len(items), told(items)) == (1, ("no", "InternalServerError", None, 500))


BROKEN_OFF = ("The engine broke off its answer.", "InternalServerError", None, 500)


@pytest.mark.parametrize(
    "steps",
    [
        [event({"n": 1})],
        [event({"n": 1}), None],
        [event({"n": 1}), LookupError("a secret")],
        [event({"n": 1}), b'data: {"hal', None],
    ],
)
async def test_a_stream_that_breaks_off_fails_the_job(steps: list[Step]) -> None:
    items = await done(ScriptedEngine({CHAT: as_stream(*steps)}), openai(CHAT, messages=TALK, stream=True))
    assert items[0] == event({"n": 1}).decode()
    assert items[1].startswith('data: {"error":{"message":"The engine broke off')
    assert items[1].endswith("data: [DONE]\n\n")
    assert (len(items), told(items)) == (3, BROKEN_OFF)


async def test_a_stream_that_tells_why_it_breaks_off_fails_the_job_with_that() -> None:
    stream = as_stream(event({"error": NOT_FOUND}), None)
    items = await done(ScriptedEngine({CHAT: stream}), openai(CHAT, messages=TALK, stream=True))
    assert items[:-1] == [event({"error": NOT_FOUND}).decode()]
    assert told(items) == tuple(NOT_FOUND.values())


async def test_an_answer_that_breaks_off_fails_the_job() -> None:
    items = await done(ScriptedEngine({CHAT: Answer([b'{"half', None])}), openai(CHAT, messages=TALK))
    assert (len(items), told(items)) == (1, BROKEN_OFF)


async def test_an_answer_that_is_not_json_fails_the_job() -> None:
    items = await done(ScriptedEngine({"/v1/embeddings": Answer([b"\x00\x01"])}), openai("/v1/embeddings", input="x"))
    assert told(items)[1:] == ("InternalServerError", None, 500)


@pytest.mark.parametrize("given", [None, "hi", {}, {"openai_route": "/../admin"}, {"prompt": "x", "stream": "perhaps"}])
async def test_a_job_that_cannot_be_understood_fails_and_asks_the_engine_nothing(given: Value) -> None:
    engine = ScriptedEngine({})
    items = await done(engine, job(given))
    assert (len(items), engine.asked) == (1, [])
    assert 400 <= told(items)[3] < 500


@pytest.mark.parametrize("prompt", ["\ud800", 2**64])
async def test_a_job_that_json_cannot_hold_is_the_users_mistake(prompt: object) -> None:
    items = await done(ScriptedEngine({}), openai(COMPLETIONS, prompt=prompt))
    assert told(items)[1:] == ("BadRequestError", None, 400)


async def test_what_nobody_expected_stays_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    engine = ScriptedEngine({COMPLETIONS: as_json({"surprise": "a secret"})})
    items = await done(engine, job({"prompt": "Hi"}))
    internal = "Internal error: the worker could not do this job."
    assert told(items) == (internal, "InternalServerError", None, 500)
    assert "job job-1 failed" in caplog.text


async def test_a_job_that_takes_too_long_fails_and_leaves_the_engine() -> None:
    engine = ScriptedEngine({CHAT: as_stream(event({"n": 1}), asyncio.Event())})
    items = await done(engine, openai(CHAT, messages=TALK, stream=True), request_timeout=0.01)
    assert told(items) == ("The job was not done within 0.01 s.", "GatewayTimeoutError", None, 504)
    assert engine.left.is_set()


async def test_the_engine_is_left_before_the_failure_is_told() -> None:
    engine = ScriptedEngine({CHAT: as_stream(event({"error": NOT_FOUND}), DONE)})
    async for item in jobs(engine).handle(openai(CHAT, messages=TALK, stream=True)):
        assert isinstance(item, str) or engine.running == 0


@pytest.mark.parametrize(("max_tokens", "lines"), [({}, 1), ({"max_tokens": 2}, 0)])
@pytest.mark.parametrize("stream", [True, False])
async def test_the_default_max_tokens_is_named_where_it_cut_an_answer(
    stream: bool, max_tokens: dict[str, int], lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dragoman")
    choice = {"index": 0, "text": "a", "finish_reason": "length"}
    whole = as_json({"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    ends = [generated(index, 1, finish_reason="length") for index in (0, 1)]
    engine = ScriptedEngine({COMPLETIONS: as_stream(*ends, DONE) if stream else whole})
    await done(engine, job({"prompt": "Hi", "stream": stream, "sampling_params": {"n": 2, **max_tokens}}))
    assert caplog.text.count("DEFAULT_MAX_TOKENS") == lines


async def test_sampling_parameters_that_are_left_out_are_named_once(caplog: pytest.LogCaptureFixture) -> None:
    engine = ScriptedEngine({COMPLETIONS: as_stream(generated(0, 1), DONE)})
    await done(engine, job({"prompt": "Hi", "stream": True, "sampling_params": {"foo": 1, "bar": 2}}))
    assert [record.getMessage() for record in caplog.records] == ["job job-1: sampling_params left out: ['bar', 'foo']"]


class Endless:
    """A job whose first token has come, and whose second never will."""

    def __init__(self) -> None:
        self.engine = ScriptedEngine({COMPLETIONS: as_stream(generated(0, 1), asyncio.Event())})
        self.jobs = jobs(self.engine)
        self.items: AsyncGenerator[Any, None] = self.jobs.handle(job({"prompt": "Hi", "stream": True}))

    async def consume(self) -> None:
        async with aclosing(self.items) as items:
            async for _ in items:
                pass


async def test_a_generator_that_is_closed_ends_the_engines_request() -> None:
    endless = Endless()
    await anext(endless.items)
    await endless.items.aclose()
    assert (endless.engine.left.is_set(), endless.engine.running) == (True, 0)


async def test_a_consumer_that_is_cancelled_while_it_waits_ends_the_engines_request() -> None:
    endless = Endless()
    consumer = asyncio.create_task(endless.consume())
    await endless.engine.begun.wait()
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    assert consumer.cancelled()
    assert (endless.engine.left.is_set(), endless.engine.running) == (True, 0)


async def test_jobs_leave_no_task_behind() -> None:
    before = asyncio.all_tasks()
    engine = ScriptedEngine({COMPLETIONS: as_stream(*a_hundred_tokens())})
    worker = jobs(engine)

    async def count(number: int) -> int:
        given = {"id": f"job-{number}", "input": {"prompt": "Hi", "stream": True}}
        return len([item async for item in worker.handle(given)])

    assert await asyncio.gather(*map(count, range(20))) == [6] * 20
    assert asyncio.all_tasks() == before


async def test_an_application_that_is_slow_to_leave_is_not_cancelled_after_a_whole_answer() -> None:
    cancelled = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal cancelled
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": orjson.dumps(MODELS)})
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            cancelled = True
            raise

    handled = Jobs(Client(app), options()).handle(job({"openai_route": "/v1/models"}))
    assert ([item async for item in handled], cancelled) == ([MODELS], False)
