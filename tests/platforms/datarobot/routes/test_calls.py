import asyncio

import orjson
import pytest

from dragoman.engine.client import Client
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.routes.calls import CHAT, MODELS, DrumCalls
from dragoman.platforms.datarobot.routes.refusals import BrokenStreamError
from dragoman.settings.values import Value
from tests.platforms.datarobot.engines import MODELS as LISTED
from tests.platforms.datarobot.engines import Trouble, VllmLike, error
from tests.platforms.datarobot.workers import options

pytestmark = pytest.mark.anyio

HI = {"model": "datarobot-deployed-llm", "messages": [{"role": "user", "content": "hi"}], "stream": True}


def calls(engine: VllmLike, **settings: Value) -> DrumCalls:
    return DrumCalls(Client(engine.app), options(**settings))


async def said(engine: VllmLike, **settings: Value) -> list[str]:
    """The texts of a stream's chunks."""
    called = calls(engine, **settings)
    async with called.response("POST", CHAT, orjson.dumps(HI), []) as response:
        chunks = [orjson.loads(event) async for event in called.said(response)]
    return [chunk["choices"][0]["delta"]["content"] for chunk in chunks]


async def test_a_whole_answer_is_the_engines(engine: VllmLike) -> None:
    assert orjson.loads(await calls(engine).whole("GET", MODELS, b"", [])) == LISTED


async def test_the_engine_gets_some_of_a_clients_headers(engine: VllmLike) -> None:
    await calls(engine).whole("GET", MODELS, b"", [(b"x-request-id", b"r"), (b"authorization", b"Bearer k")])
    assert engine.last.headers == {"host": "engine", "content-type": "application/json", "x-request-id": "r"}


async def test_what_the_engine_refuses_is_an_error(engine: VllmLike) -> None:
    engine.trouble = Trouble(refusal=(429, "busy"))
    with pytest.raises(DrumError, match=r"^Error code: 429 - busy$") as refused:
        await calls(engine).whole("GET", MODELS, b"", [])
    assert refused.value.status == 429


async def test_an_answer_that_takes_too_long_is_given_up(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    with pytest.raises(DrumError, match=r"^Request timed out\.$"):
        await calls(engine, request_timeout=0.01).whole("POST", "/v1/completions", b"{}", [])
    assert engine.aborted == ["/v1/completions"]


async def test_the_events_of_a_stream_come_without_its_end(engine: VllmLike) -> None:
    assert await said(engine) == ["R", ":", "h", "i"]


@pytest.mark.parametrize(
    ("trouble", "problem"),
    [
        (Trouble(ends=True, after=2), "its answer broke off"),
        (Trouble(event=b"data: " + orjson.dumps(error(500, "gone")) + b"\n\n", after=2), "gone"),
    ],
)
async def test_a_stream_that_breaks_off_is_an_error(engine: VllmLike, trouble: Trouble, problem: str) -> None:
    engine.trouble = trouble
    with pytest.raises(DrumError, match=problem):
        await said(engine)


async def test_the_engines_own_words_come_with_the_error(engine: VllmLike) -> None:
    engine.trouble = Trouble(event=b"data: " + orjson.dumps(error(500, "gone")) + b"\n\n")
    with pytest.raises(BrokenStreamError) as broken:
        await said(engine)
    assert orjson.loads(broken.value.said) == error(500, "gone")


async def test_each_event_has_its_own_time(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event(), after=1)
    with pytest.raises(DrumError, match=r"^Request timed out\.$"):
        await said(engine, request_timeout=0.01)
