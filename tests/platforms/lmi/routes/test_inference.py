import asyncio
from pathlib import Path

import orjson
import pytest

from dragoman.engine.client import Client
from tests.platforms.lmi.asking import ask
from tests.platforms.lmi.engines import Trouble, VllmLike, error
from tests.platforms.lmi.workers import ROLLING, worker

pytestmark = pytest.mark.anyio

TEXT = {"inputs": "This is a wonderful day", "parameters": {"max_new_tokens": 3}}
STREAM = {**TEXT, "stream": True}
CHAT = {"messages": [{"role": "user", "content": "hi"}]}
PATHS = ("/invocations", "/predictions/test", "/models/test/invoke")


@pytest.mark.parametrize("path", [*PATHS, "/invocations/", "/v1/chat/completions", "/v1/completions"])
@pytest.mark.parametrize("era", [{}, ROLLING])
async def test_every_route_generates(engine: VllmLike, path: str, era: dict[str, str]) -> None:
    answer = await ask(worker(engine, **era), "POST", path, TEXT)
    assert answer.told == (200, {"generated_text": "Hello world"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(answer.body))


async def test_a_version_is_part_of_the_path(engine: VllmLike) -> None:
    app = worker(engine, model_version="2")
    assert (await ask(app, "POST", "/predictions/test/2", TEXT)).status == 200
    assert (await ask(app, "POST", "/predictions/test/3", TEXT)).status == 404


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/predictions/other", {}, 404),
        ("/models/other/invoke", {}, 404),
        ("/predictions/test/1", {}, 404),
        ("/invocations?model_name=other", {}, 404),
        ("/invocations?model_name=test", {}, 200),
        ("/invocations?model_name=", {}, 200),
        ("/invocations?model_version=1", {}, 404),
        ("/invocations", {"model_name": "other"}, 404),
        ("/invocations", {"x-amzn-sagemaker-custom-attributes": "model_name=other"}, 404),
        ("/invocations", {"x-amzn-sagemaker-custom-attributes": "model_name=test"}, 200),
        ("/invocations", {"x-amzn-sagemaker-target-model": "other"}, 200),
    ],
)
async def test_a_request_may_name_the_model(
    engine: VllmLike, target: str, headers: dict[str, str], status: int
) -> None:
    answer = await ask(worker(engine), "POST", target, TEXT, headers)
    assert (answer.status, answer.content.get("type")) == (
        status,
        None if status == 200 else "ModelNotFoundException",
    )


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/invocations", b"inputs=hi&model_name=test", 200),
        ("/invocations", b"inputs=hi&model_name=other", 404),
        ("/invocations", b"inputs=hi&model_version=3", 404),
        ("/invocations", b"model_name=other&text=hi", 404),
        ("/invocations", b'{"inputs": "hi", "model_name": "other"}', 200),
        ("/invocations", b' {"inputs": "hi", "model_name": 5}', 200),
        ("/predictions/test", b"inputs=hi&model_name=other", 200),
    ],
)
async def test_a_form_may_name_the_model(engine: VllmLike, path: str, form: bytes, status: int) -> None:
    kind = "application/json" if form.startswith(b"{") else "application/x-www-form-urlencoded"
    assert (await ask(worker(engine), "POST", path, form, {"content-type": kind})).status == status


async def test_a_name_may_be_encoded(engine: VllmLike) -> None:
    app = worker(engine, model_name="meta/llama 7b")
    assert (await ask(app, "POST", "/predictions/meta%2Fllama%207b", TEXT)).status == 200


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"handler": "mine"}, "The header handler is not supported"),
        ({"x-synchronous": "false"}, "Answers in pages"),
        ({"x-amzn-sagemaker-custom-attributes": "x-synchronous=false"}, "Answers in pages"),
    ],
)
@pytest.mark.parametrize("path", [*PATHS, "/v1/chat/completions"])
async def test_what_is_not_offered_is_refused(
    engine: VllmLike, path: str, headers: dict[str, str], message: str
) -> None:
    answer = await ask(worker(engine, bad_request_http_code=422), "POST", path, TEXT, headers)
    assert (answer.status, answer.content["type"]) == (422, "BadRequestException")
    assert answer.content["message"].startswith(message)
    assert engine.seen == []


async def test_a_chat_on_lmis_route(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", "/invocations", CHAT)
    assert answer.content["choices"][0]["message"]["content"] == "Hello world"
    assert engine.last.path == "/v1/chat/completions"


async def test_the_engine_gets_what_identifies_a_request(engine: VllmLike) -> None:
    headers = {
        "authorization": "Bearer k",
        "x-amzn-sagemaker-inference-id": "7",
        "traceparent": "00-1-2-01",
        "accept-encoding": "gzip",
        "cookie": "c",
    }
    answer = await ask(worker(engine), "POST", "/invocations", TEXT, headers)
    assert answer.headers["x-request-id"] == "7"
    got = {name: value for name, value in engine.last.headers.items() if name not in ("host", "content-type")}
    assert got == {"authorization": "Bearer k", "x-request-id": "7", "traceparent": "00-1-2-01"}


@pytest.mark.parametrize("asked", [b"", b"plain"])
async def test_bodies_without_json_are_inputs(engine: VllmLike, asked: bytes) -> None:
    answer = await ask(worker(engine), "POST", "/invocations", asked, {"content-type": "text/plain"})
    assert engine.last.content["prompt"] == asked.decode() if answer.status == 200 else answer.status == 424


@pytest.mark.parametrize("era", [{}, ROLLING])
@pytest.mark.parametrize("asked", [b"{", b"[]", b"{}"])
async def test_bodies_that_cannot_be_read_are_refused(engine: VllmLike, era: dict[str, str], asked: bytes) -> None:
    status, content = (await ask(worker(engine, **era), "POST", "/invocations", asked)).told
    assert (status, content["code"], list(content)) == (424, 424, ["error", "code"])
    assert engine.seen == []


@pytest.mark.parametrize("path", ["/invocations", "/v1/completions", "/v1/chat/completions"])
async def test_more_than_run_and_wait_are_not_let_in(engine: VllmLike, path: str) -> None:
    answers = asyncio.Event()
    engine.trouble = Trouble(waits=answers)
    app = worker(engine, max_num_seqs=1, job_queue_size=1)
    two = [asyncio.create_task(ask(app, "POST", path, TEXT)) for _ in range(2)]
    while len(engine.seen) < len(two):
        await asyncio.sleep(0)
    third = await asyncio.wait_for(ask(app, "POST", path, TEXT), 10)
    assert third.told == (
        503,
        {
            "code": 503,
            "type": "WlmCapacityException",
            "message": "Worker queue capacity exceeded for model: test",
        },
    )
    answers.set()
    assert [answer.status for answer in await asyncio.gather(*two)] == [200, 200]
    assert (await ask(app, "POST", path, TEXT)).status == 200


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, (400, {"error": "too long", "code": 400})),
        (ROLLING, (424, {"error": "too long", "code": 424})),
    ],
)
@pytest.mark.parametrize("asked", [TEXT, STREAM, CHAT])
async def test_the_engines_refusal_is_told(
    engine: VllmLike, settings: dict[str, str], told: tuple[int, dict[str, object]], asked: dict[str, object]
) -> None:
    engine.trouble = Trouble(refusal=(400, error("too long", 400)))
    assert (await ask(worker(engine, **settings), "POST", "/invocations", asked)).told == told


@pytest.mark.parametrize("after", [0, 1])
async def test_when_a_stream_is_left_the_engine_stops(engine: VllmLike, after: int) -> None:
    engine.trouble = Trouble(waits=asyncio.Event(), after=after)

    async def read() -> None:
        async with Client(worker(engine)).stream("POST", "/invocations", body=orjson.dumps(STREAM)) as response:
            async for _ in response.chunks:
                pass

    reading = asyncio.create_task(read())
    await engine.started.wait()
    await asyncio.sleep(0)
    reading.cancel()
    await engine.aborted.wait()


async def test_when_a_request_is_left_the_engine_stops(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    app = worker(engine, max_num_seqs=1, job_queue_size=0)
    reading = asyncio.create_task(ask(app, "POST", "/invocations", TEXT))
    await engine.started.wait()
    reading.cancel()
    await engine.aborted.wait()
    await asyncio.gather(reading, return_exceptions=True)
    engine.trouble = Trouble()
    assert (await ask(app, "POST", "/invocations", TEXT)).status == 200


@pytest.mark.parametrize("asked", [TEXT, STREAM])
async def test_a_request_that_is_answered_is_not_aborted(engine: VllmLike, asked: dict[str, object]) -> None:
    await ask(worker(engine), "POST", "/invocations", asked)
    assert not engine.aborted.is_set()


async def test_sessions_are_opened_used_and_closed(engine: VllmLike) -> None:
    app = worker(engine)
    opened = await ask(app, "POST", "/invocations", {"requestType": "NEW_SESSION"})
    session = opened.headers["x-amzn-sagemaker-session-id"].split(";")[0]
    named = {"x-amzn-sagemaker-session-id": session}
    assert (await ask(app, "POST", "/invocations", TEXT, named)).status == 200
    closed = await ask(app, "POST", "/invocations", {"requestType": "CLOSE"}, named)
    assert closed.told == (200, {"result": f"Session {session} closed"})
    assert (await ask(app, "POST", "/invocations", TEXT, named)).status == 424
    assert len(engine.seen) == 1


@pytest.mark.parametrize("era", [{}, ROLLING])
async def test_a_missing_key_stays_401(engine: VllmLike, era: dict[str, str]) -> None:
    engine.api_key = "k"
    app = worker(engine, **era)
    assert (await ask(app, "POST", "/invocations", TEXT)).told == (401, {"error": "Unauthorized", "code": 401})
    assert (await ask(app, "POST", "/invocations", TEXT, {"authorization": "Bearer k"})).status == 200


async def test_an_adapter_is_the_model_that_the_engine_is_asked_for(engine: VllmLike, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "adapter_config.json").write_text("{}")
    (tmp_path / "a" / "adapter_model.safetensors").touch()
    app = worker(engine, enable_lora=True, lora_modules=[{"name": "a", "path": str(tmp_path / "a")}])
    assert (await ask(app, "POST", "/invocations", {**TEXT, "adapters": "a"})).status == 200
    assert (engine.last.content["model"], "adapters" in engine.last.content) == ("a", False)


async def test_an_unknown_adapter_is_refused(engine: VllmLike) -> None:
    status, content = (await ask(worker(engine), "POST", "/invocations", {**TEXT, "adapters": "a"})).told
    assert (status, content["code"]) == (424, 424)
    assert engine.seen == []
