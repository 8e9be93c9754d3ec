import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from dragoman.engine.client import Client
from tests.platforms.datarobot.asking import ask
from tests.platforms.datarobot.engines import Trouble, VllmLike
from tests.platforms.datarobot.workers import worker

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("prefix", ["/directAccess", "/nim"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_the_engine_answers_as_it_is(engine: VllmLike, prefix: str, method: str) -> None:
    answer = await ask(worker(engine), method, f"{prefix}/v1/completions")
    assert (answer.status, answer.body) == (200, f"{method} /v1/completions".encode())
    assert answer.headers["x-engine"] == "vllm"


async def test_the_engine_gets_query_headers_and_body_as_they_are(engine: VllmLike) -> None:
    headers = {"authorization": "Bearer k", "x-else": "e"}
    await ask(worker(engine), "POST", "/directAccess/tokenize?a=1&b=%20", b"body", headers)
    assert (engine.last.target, engine.last.body) == ("/tokenize?a=1&b=%20", b"body")
    assert {name: engine.last.headers[name] for name in headers} == headers


async def test_the_engine_has_one_host(engine: VllmLike) -> None:
    seen: list[list[bytes]] = []
    inner = engine.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append([value for name, value in scope["headers"] if name == b"host"])
        await inner(scope, receive, send)

    engine.app = app  # type: ignore[method-assign]
    await ask(worker(engine), "GET", "/directAccess/version", headers={"host": "client"})
    assert seen == [[b"engine"]]


async def test_slashes_at_the_end_do_not_count(engine: VllmLike) -> None:
    await ask(worker(engine), "GET", "/directAccess/v1/models//")
    assert engine.last.target == "/v1/models"


async def test_a_prefix_is_not_the_engines(engine: VllmLike) -> None:
    await ask(worker(engine, url_prefix="/pfx"), "GET", "/pfx/nim/version")
    assert engine.last.target == "/version"


@pytest.mark.parametrize("path", ["/directAccess", "/directAccess/", "/nim/"])
async def test_the_engines_root_is_not_there(engine: VllmLike, path: str) -> None:
    assert (await ask(worker(engine), "GET", path)).status == 404


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
async def test_other_methods_are_wrong(engine: VllmLike, method: str) -> None:
    assert (await ask(worker(engine), method, "/directAccess/v1/models")).status == 405


@pytest.mark.parametrize(
    "path", ["/sleep", "/v1/load_lora_adapter", "/nothing", "/v1/models/../../sleep", "/%2e%2e/sleep", "/V1/models"]
)
async def test_other_routes_of_the_engines_are_not_there(engine: VllmLike, path: str) -> None:
    answer = await ask(worker(engine), "POST", f"/directAccess{path}")
    assert answer.told == (404, {"detail": "Not Found"})
    assert not engine.seen


async def test_an_answer_is_sent_as_it_comes(engine: VllmLike) -> None:
    more = asyncio.Event()
    engine.trouble = Trouble(waits=more, after=1)
    body = b'{"model": "datarobot-deployed-llm", "messages": [{"content": "hi"}], "stream": true}'
    async with Client(worker(engine)).stream("POST", "/nim/v1/chat/completions", body=body) as response:
        assert b'"content":"R"' in await anext(response.chunks)
        more.set()
        assert (await response.read()).endswith(b"data: [DONE]\n\n")


async def test_a_client_that_leaves_ends_the_engines_request(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    asking = asyncio.create_task(ask(worker(engine), "POST", "/directAccess/v1/completions"))
    await engine.started.wait()
    asking.cancel()
    await asyncio.wait([asking])
    assert engine.aborted == ["/v1/completions"]


async def test_an_engine_that_does_not_begin_to_answer_is_given_up(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    answer = await ask(worker(engine, direct_access_timeout=0.01), "POST", "/directAccess/v1/completions")
    assert answer.told == (500, {"message": "ERROR: Request timed out."})
    assert engine.aborted == ["/v1/completions"]


async def test_an_engine_that_has_begun_has_all_the_time(engine: VllmLike) -> None:
    more = asyncio.Event()
    engine.trouble = Trouble(waits=more, after=1)
    body = b'{"model": "datarobot-deployed-llm", "messages": [{"content": "hi"}], "stream": true}'
    client = Client(worker(engine, direct_access_timeout=0.05))
    async with client.stream("POST", "/nim/v1/chat/completions", body=body) as response:
        await anext(response.chunks)
        await asyncio.sleep(0.1)
        more.set()
        assert (await response.read()).endswith(b"data: [DONE]\n\n")
