import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.platforms.lmi.routes.keys import Keys, refused_by_vllm
from dragoman.serving.table import Route
from tests.platforms.lmi.asking import ask, options
from tests.platforms.lmi.workers import routed

pytestmark = pytest.mark.anyio


async def answer(request: Request) -> Response:
    return Response("{}")


def app(*keys: str) -> ASGIApp:
    return routed([Keys(keys).guard(Route("GET", "/models", answer))], options())


@pytest.mark.parametrize("shown", ["Bearer one", "bearer two"])
async def test_each_key_opens(shown: str) -> None:
    assert (await ask(app("one", "two"), "GET", "/models", headers={"authorization": shown})).status == 200


@pytest.mark.parametrize("shown", ["Bearer three", "Bearer ", "one", "Basic one", "Bearer one two", "Bearer é"])
async def test_nothing_else_does(shown: str) -> None:
    refused = await ask(app("one", "two"), "GET", "/models", headers={"authorization": shown})
    assert (refused.status, refused.content["type"]) == (401, "UnauthorizedException")


async def test_a_client_without_a_key_is_refused() -> None:
    assert (await ask(app("one"), "GET", "/models")).status == 401


async def test_without_keys_everybody_is_let_in() -> None:
    assert (await ask(app(), "GET", "/models")).status == 200


async def test_openais_clients_are_refused_in_vllms_words() -> None:
    route = Keys(["one"]).guard(Route("GET", "/v1/models", answer), refused_by_vllm)
    refused = await ask(routed([route], options()), "GET", "/v1/models")
    assert refused.told == (401, {"error": "Unauthorized"})
