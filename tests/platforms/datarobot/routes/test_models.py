from collections.abc import Callable
from types import SimpleNamespace

import pytest
from openai.types import Model

from tests.platforms.datarobot.asking import ask
from tests.platforms.datarobot.engines import Trouble, VllmLike
from tests.platforms.datarobot.workers import worker

pytestmark = pytest.mark.anyio

MODEL = {"id": "m", "created": 1, "object": "model", "owned_by": "me"}
Hooked = Callable[..., None]


@pytest.mark.parametrize("path", ["/models", "/v1/models", "/v1/models/"])
async def test_what_the_engine_lists_is_listed_where_it_is_a_model(engine: VllmLike, path: str) -> None:
    answer = await ask(worker(engine), "GET", path)
    model = {"id": "datarobot-deployed-llm", "object": "model"}
    assert answer.told == (200, {"object": "list", "data": [model]})


async def test_what_the_engine_refuses_keeps_its_status(engine: VllmLike) -> None:
    engine.trouble = Trouble(refusal=(401, "Unauthorized"))
    answer = await ask(worker(engine), "GET", "/models")
    assert answer.told == (401, {"message": "ERROR: Error code: 401 - Unauthorized"})


@pytest.mark.parametrize(
    "listed",
    [[MODEL], [Model.model_validate(MODEL)], (MODEL, {"id": "o", "object": "file"}), [MODEL, SimpleNamespace()]],
)
async def test_a_hook_lists_in_the_engines_place(engine: VllmLike, hooked: Hooked, listed: object) -> None:
    hooked(get_supported_llm_models=lambda model: listed)
    assert (await ask(worker(engine), "GET", "/v1/models")).content == {"object": "list", "data": [MODEL]}
    assert not engine.seen


async def test_a_hook_that_lists_what_json_does_not_hold_has_failed(engine: VllmLike, hooked: Hooked) -> None:
    hooked(get_supported_llm_models=lambda model: [{**MODEL, "more": {1}}])
    message = "ERROR: get_supported_llm_models returned what JSON does not hold: set"
    assert (await ask(worker(engine), "GET", "/v1/models")).told == (500, {"message": message})


async def test_a_hook_gets_the_model(engine: VllmLike, hooked: Hooked) -> None:
    hooked(get_supported_llm_models=lambda model: [{**MODEL, "id": model}])
    answer = await ask(worker(engine), "GET", "/v1/models")
    assert answer.content["data"][0]["id"] == "the model"
