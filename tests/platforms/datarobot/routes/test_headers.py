from uuid import UUID

import pytest
from starlette.responses import Response

from dragoman.platforms.datarobot.routes.headers import marked, with_headers
from tests.platforms.datarobot.asking import ask

pytestmark = pytest.mark.anyio

APP = with_headers(Response("hi", headers={"x-request-id": "the engine's"}))


async def test_an_answer_has_its_requests_id_in_drums_spelling() -> None:
    answer = await ask(APP, "GET", "/", headers={"x-request-id": "r1"})
    assert answer.headers["x_request_id"] == "r1"


async def test_a_request_without_an_id_gets_one() -> None:
    answer = await ask(APP, "GET", "/")
    assert UUID(answer.headers["x_request_id"]).version == 4


async def test_an_answer_names_the_drum_whose_behaviour_it_is() -> None:
    assert (await ask(APP, "GET", "/")).headers["x-drum-version"] == "1.18.1"


async def test_other_headers_stay() -> None:
    assert (await ask(APP, "GET", "/")).headers["x-request-id"] == "the engine's"


async def test_a_response_is_marked_once() -> None:
    answer = await ask(with_headers(marked(Response())), "GET", "/", headers={"x-request-id": "r1"})
    assert answer.headers["x_request_id"] == "r1"
