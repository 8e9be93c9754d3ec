from uuid import UUID

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp

from dragoman.platforms.datarobot.routes.headers import Marked, with_headers
from tests.platforms.datarobot.asking import ask

pytestmark = pytest.mark.anyio

APP = with_headers(Response("hi", headers={"x-request-id": "the engine's"}))
MARKED = Marked(Response("not yet", 503, media_type="text/plain"))


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


@pytest.mark.parametrize("app", [MARKED, with_headers(MARKED)])
async def test_a_response_is_marked_when_it_is_sent(app: ASGIApp) -> None:
    answer = await ask(app, "GET", "/", headers={"x-request-id": "r1"})
    assert (answer.status, answer.body, answer.headers["content-type"]) == (
        503,
        b"not yet",
        "text/plain; charset=utf-8",
    )
    assert (answer.headers["x_request_id"], answer.headers["x-drum-version"]) == ("r1", "1.18.1")
