import asyncio

import pytest

from dragoman.platforms.lmi.routes.engine import TELLING, WORKING
from tests.platforms.lmi.asking import ask
from tests.platforms.lmi.engines import Trouble, VllmLike
from tests.platforms.lmi.workers import worker

pytestmark = pytest.mark.anyio

PATHS = [path.replace("{id}", "r") for path in WORKING]


@pytest.mark.parametrize("path", PATHS)
async def test_the_engine_does_what_users_ask(engine: VllmLike, path: str) -> None:
    await ask(worker(engine), "POST", path, {"input": "hi"})
    assert (engine.last.path, engine.last.content) == (path, {"input": "hi"})


@pytest.mark.parametrize("path", [path.replace("{id}", "r") for path in TELLING])
async def test_the_engine_tells_what_users_want_to_know(engine: VllmLike, path: str) -> None:
    await ask(worker(engine), "GET", path)
    assert (engine.last.method, engine.last.path) == ("GET", path)


@pytest.mark.parametrize("path", PATHS)
async def test_it_does_so_under_the_limits_of_all_requests(engine: VllmLike, path: str) -> None:
    assert (await ask(worker(engine, max_num_seqs=0, job_queue_size=0), "POST", path, {})).status == 503
    app = worker(engine)
    await ask(app, "DELETE", "/models/test")
    assert (await ask(app, "POST", path, {})).content["type"] == "ModelNotFoundException"
    assert engine.seen == []


async def test_it_answers_in_time(engine: VllmLike) -> None:
    engine.trouble = Trouble(waits=asyncio.Event())
    asking = ask(worker(engine, predict_timeout=0.01), "POST", "/v1/completions", {"prompt": "hi"})
    answer = await asyncio.wait_for(asking, 10)
    assert answer.told == (400, {"code": 400, "type": "TranslateException", "message": "Time out in: 0.01"})


@pytest.mark.parametrize("path", ["/v1/responses", "/tokenize", "/v1/models"])
async def test_browsers_ask_the_engine_first(engine: VllmLike, path: str) -> None:
    app = worker(engine)
    assert (await ask(app, "OPTIONS", path)).told == (200, {})
    await ask(app, "OPTIONS", path, headers={"access-control-request-method": "POST"})
    assert (engine.last.method, engine.last.path) == ("OPTIONS", path)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/load_lora_adapter",
        "/v1/unload_lora_adapter",
        "/v1/%6coad_lora_adapter",
        "/v1%2Fload_lora_adapter",
        "/v1/anything",
        "/collective_rpc",
        "/sleep",
        "/pause",
        "/reset_prefix_cache",
        "/update_weights",
        "/start_profile",
        "/scale_elastic_ep",
        "/inference/v1/generate",
    ],
)
async def test_the_engine_is_managed_by_nobody(engine: VllmLike, path: str) -> None:
    answer = await ask(worker(engine), "POST", path, {})
    assert (answer.status, answer.content["type"]) == (404, "ResourceNotFoundException")
    assert engine.seen == []
