import asyncio

import pytest
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.routes.passage import Passage
from tests.platforms.lmi.asking import ask, options
from tests.platforms.lmi.engines import Trouble, VllmLike

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
STREAM = {"messages": [], "stream": True}


def through(engine: VllmLike, seconds: float = 60) -> ASGIApp:
    """All that comes, passed to the engine with another body."""
    passage = Passage(engine.app, options(predict_timeout=seconds))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await passage(request, await request.body(), send)

    return app


async def test_the_engine_gets_what_the_client_says(engine: VllmLike) -> None:
    answer = await ask(through(engine), "POST", f"{CHAT}/", STREAM, {"x-own": "1", "content-length": "7"})
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert (engine.last.path, engine.last.content) == (CHAT, STREAM)
    assert (engine.last.headers["x-own"], engine.last.headers["content-length"]) == ("1", str(len(engine.last.body)))


@pytest.mark.parametrize("content", [{"messages": []}, STREAM])
async def test_the_first_piece_comes_in_time_or_not_at_all(engine: VllmLike, content: dict[str, object]) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    with pytest.raises(ServerError, match=r"Time out in: 0\.01"):
        await asyncio.wait_for(ask(through(engine, 0.01), "POST", CHAT, content), 10)
    assert engine.aborted.is_set()


async def test_the_second_piece_may_take_longer(engine: VllmLike) -> None:
    goes_on = asyncio.Event()
    engine.trouble = Trouble(waits=goes_on, after=1)
    asking = asyncio.create_task(ask(through(engine, 0.2), "POST", CHAT, STREAM))
    await asyncio.sleep(0.3)
    goes_on.set()
    assert (await asking).body.count(b"data: ") == len(engine.tokens) + 1
