import asyncio

import pytest

from dragoman.engine.client import Client
from dragoman.platforms.lmi.errors import HandlerError, ServerError
from dragoman.platforms.lmi.generation.request import Form, Request, Wire
from dragoman.platforms.lmi.routes.calls import LmiCalls
from dragoman.settings.values import Value
from tests.platforms.lmi.asking import options
from tests.platforms.lmi.engines import Trouble, VllmLike, error

pytestmark = pytest.mark.anyio

WHOLE = Request(path="/v1/completions", body={"prompt": "hi"}, form=Form.OPENAI)
STREAM = Request(path="/v1/completions", body={"prompt": "hi", "stream": True}, form=Form.OPENAI, wire=Wire.LINES)
FAILED = "^Inference engine failure: its answer broke off$"


def calls(engine: VllmLike, **changes: Value) -> LmiCalls:
    return LmiCalls(Client(engine.app), options(**changes))


async def events(calls: LmiCalls) -> list[bytes]:
    async with calls.stream(STREAM, ()) as found:
        return [event async for event, _ in found]


async def test_the_engine_answers(engine: VllmLike) -> None:
    answer = await calls(engine).answer(WHOLE, ())
    assert (answer["object"], answer["choices"][0]["text"]) == ("text_completion", "Hello world")
    assert (engine.last.content, engine.last.headers["content-type"]) == (WHOLE.body, "application/json")


async def test_a_stream_is_its_events_without_the_last(engine: VllmLike) -> None:
    found = await events(calls(engine))
    assert len(found) == len(engine.tokens)
    assert all(event.startswith(b"data: {") and event.endswith(b"\n\n") for event in found)


async def test_the_engine_has_words_for_numbers_that_json_has_not(engine: VllmLike) -> None:
    odd = Request(path="/v1/completions", body={"prompt": "hi", "seed": 2**70}, form=Form.OPENAI)
    await calls(engine).answer(odd, ())
    assert str(2**70).encode() in engine.last.body


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(ends=True, after=1),
        Trouble(event=f"data: {error('its answer broke off', 500)}\n\n".encode(), after=1),
    ],
)
async def test_a_stream_that_breaks_off_is_a_failure(engine: VllmLike, trouble: Trouble) -> None:
    engine.trouble = trouble
    with pytest.raises(HandlerError, match=FAILED) as failed:
        await events(calls(engine))
    assert failed.value.status == 500


@pytest.mark.parametrize(
    "trouble", [Trouble(raises=LookupError("a secret")), Trouble(refusal=(200, "{")), Trouble(refusal=(500, ""))]
)
async def test_an_engine_that_nobody_understands_has_failed(engine: VllmLike, trouble: Trouble) -> None:
    engine.trouble = trouble
    with pytest.raises(HandlerError, match="Inference engine failure: ") as failed:
        await calls(engine).answer(WHOLE, ())
    assert (failed.value.status, "secret" in str(failed.value)) == (500, False)


async def test_a_refusal_is_the_engines(engine: VllmLike) -> None:
    engine.trouble = Trouble(refusal=(404, error("no such model", 404)))
    for asking in (calls(engine).answer(WHOLE, ()), events(calls(engine))):
        with pytest.raises(HandlerError, match="no such model") as refused:
            await asking
        assert refused.value.status == 404


async def test_an_answer_has_its_time(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    with pytest.raises(ServerError, match="Time out in: 0") as late:
        await calls(engine, predict_timeout=0.01).answer(WHOLE, ())
    assert (late.value.status, late.value.kind) == (400, "TranslateException")
    await engine.aborted.wait()


async def test_the_engine_gets_the_clients_key_and_ids(engine: VllmLike) -> None:
    names = ("authorization", "x-request-id", "traceparent", "tracestate")
    headers = [(name.encode(), b"v") for name in (*names, "cookie")]
    await calls(engine).answer(WHOLE, headers)
    assert engine.last.headers == {"host": "engine", "content-type": "application/json", **dict.fromkeys(names, "v")}
