import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson
import pytest
from starlette.types import ASGIApp

from dragoman.engine.client import Client, Response
from tests.platforms.lmi.asking import ask
from tests.platforms.lmi.engines import Trouble, VllmLike, error
from tests.platforms.lmi.workers import ROLLING, worker

pytestmark = pytest.mark.anyio

TEXT = {"inputs": "This is a wonderful day", "parameters": {"max_new_tokens": 3}}
STREAM = {**TEXT, "stream": True}
CHAT = {"messages": [{"role": "user", "content": "hi"}]}


def lines(body: bytes) -> list[Any]:
    return [orjson.loads(line) for line in body.splitlines() if line]


def asking(app: ASGIApp, content: object) -> AbstractAsyncContextManager[Response]:
    return Client(app).stream("POST", "/invocations", body=orjson.dumps(content))


async def test_a_stream_is_lines(engine: VllmLike) -> None:
    answer = await ask(worker(engine, **ROLLING), "POST", "/invocations", STREAM)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jsonlines")
    assert "content-length" not in answer.headers
    assert lines(answer.body) == [
        {"token": {"id": 244, "text": "He", "log_prob": -0.334532}},
        {"token": {"id": 576, "text": "llo", "log_prob": -0.123123}},
        {"token": {"id": 4558, "text": " world", "log_prob": -0.567854}, "generated_text": "Hello world"},
    ]


async def test_a_stream_of_the_newest_containers(engine: VllmLike) -> None:
    answer = await ask(worker(engine), "POST", "/invocations", STREAM)
    told = lines(answer.body)
    assert [line["token"]["text"] for line in told] == ["He", "llo", " world"]
    assert [line["generated_text"] for line in told] == [None, None, "Hello world"]


async def test_likely_tokens_are_looked_up(engine: VllmLike) -> None:
    asked = {"inputs": "hi", "parameters": {"details": True, "top_n_tokens": 1}}
    answer = await ask(worker(engine, **ROLLING), "POST", "/invocations", asked)
    assert [token["text"] for token in answer.content["details"]["tokens"]] == ["He", "llo", " world"]
    assert [seen.path for seen in engine.seen] == ["/v1/completions", *["/detokenize"] * 3]


async def test_likely_tokens_of_a_stream_are_looked_up(engine: VllmLike) -> None:
    asked = {**STREAM, "parameters": {"details": True, "top_n_tokens": 1}}
    answer = await ask(worker(engine, **ROLLING), "POST", "/invocations", asked)
    assert [line["token"]["text"] for line in lines(answer.body)] == ["He", "llo", " world"]


@pytest.mark.parametrize(("settings", "code"), [({}, 500), (ROLLING, 424)])
@pytest.mark.parametrize("asked", [TEXT, STREAM])
@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(refusal=(500, error("EngineCore died", 500))),
        Trouble(raises=LookupError("EngineCore died")),
        Trouble(refusal=(200, "no answer")),
    ],
)
async def test_an_engine_that_dies_before_it_answers(
    engine: VllmLike, settings: dict[str, str], code: int, asked: dict[str, object], trouble: Trouble
) -> None:
    engine.trouble = trouble
    status, content = (await ask(worker(engine, **settings), "POST", "/invocations", asked)).told
    assert (status, content["code"]) == (code, code)
    assert content["error"].startswith("Inference engine failure: ")


@pytest.mark.parametrize(("settings", "code"), [({}, 400), (ROLLING, 424)])
async def test_an_error_in_place_of_the_first_event_has_its_status(
    engine: VllmLike, settings: dict[str, str], code: int
) -> None:
    engine.trouble = Trouble(event=f"data: {error('no', 400)}\n\n".encode())
    answer = await ask(worker(engine, **settings), "POST", "/invocations", STREAM)
    assert answer.told == (code, {"error": "no", "code": code})


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(event=f"data: {error('EngineCore died', 500)}\n\n".encode(), after=1),
        Trouble(raises=LookupError("EngineCore died"), after=1),
        Trouble(ends=True, after=1),
    ],
)
@pytest.mark.parametrize("asked", [STREAM, {**CHAT, "stream": True}])
@pytest.mark.parametrize("era", [{}, ROLLING])
async def test_a_stream_that_breaks_off_ends_with_an_error(
    engine: VllmLike, trouble: Trouble, asked: dict[str, object], era: dict[str, str]
) -> None:
    engine.trouble = trouble
    answer = await ask(worker(engine, **era), "POST", "/invocations", asked)
    first, last = lines(answer.body)
    assert (answer.status, "error" in first, "error" in last) == (200, False, True)


async def test_a_stream_of_rolling_batch_ends_with_its_error(engine: VllmLike) -> None:
    engine.trouble = Trouble(event=f"data: {error('no', 400)}\n\n".encode(), after=2)
    answer = await ask(worker(engine, **ROLLING), "POST", "/invocations", STREAM)
    assert lines(answer.body)[-1] == {"error": "no", "code": 424}


@pytest.mark.parametrize("asked", [TEXT, STREAM])
async def test_a_prediction_has_its_time(engine: VllmLike, asked: dict[str, object]) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    app = worker(engine, predict_timeout=0.01, timeout_http_code=408)
    assert (await ask(app, "POST", "/invocations", asked)).told == (
        408,
        {"code": 408, "type": "TranslateException", "message": "Time out in: 0.01"},
    )
    await engine.aborted.wait()


async def test_a_stream_may_not_stand_still(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event(), after=1)
    app = worker(engine, chunked_read_timeout=0.01, **ROLLING)
    answer = await asyncio.wait_for(ask(app, "POST", "/invocations", STREAM), 10)
    assert lines(answer.body)[-1] == {"error": "Time out in: 0.01, with no more of the stream", "code": 424}
    await engine.aborted.wait()


async def test_a_stream_may_take_longer_than_its_first_event(engine: VllmLike) -> None:
    goes_on = asyncio.Event()
    engine.trouble = Trouble(waits=goes_on, after=1)
    async with asking(worker(engine, predict_timeout=0.5), STREAM) as response:
        first = await anext(response.chunks)
        await asyncio.sleep(0.6)
        goes_on.set()
        assert len(lines(first + await response.read())) == len(engine.tokens)
