import orjson
import pytest
from starlette.responses import Response

from dragoman.platforms.lmi.errors import (
    HandlerError,
    ServerError,
    bad_request,
    named,
    no_such_model,
    no_such_route,
    too_late,
)
from tests.platforms.lmi.asking import options

LONG = "x" * 10_000


def content(response: Response) -> object:
    return orjson.loads(response.body)


def test_the_handlers_error() -> None:
    error = HandlerError("no")
    assert (error.response().status_code, content(error.response())) == (424, {"error": "no", "code": 424})


def test_the_servers_error() -> None:
    response = ServerError("no", 503, "X", {"retry-after": "1"}).response()
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert content(response) == {"code": 503, "type": "X", "message": "no"}


@pytest.mark.parametrize("error", [HandlerError("half \ud800"), bad_request("half \ud800")])
def test_halves_of_characters_are_replaced(error: HandlerError | ServerError) -> None:
    assert b"half ?" in error.response().body


@pytest.mark.parametrize(
    "error",
    [HandlerError(LONG), bad_request(LONG), no_such_model(LONG), no_such_route(LONG), HandlerError(named(LONG))],
)
def test_no_error_is_as_long_as_what_a_client_may_send(error: HandlerError | ServerError) -> None:
    assert len(error.response().body) < 600


def test_short_names_are_told_as_they_are() -> None:
    assert named("a") == "a"


def test_the_operator_chooses_the_status_of_what_is_too_late() -> None:
    late = too_late(options(predict_timeout=2, timeout_http_code=408))
    assert (late.status, late.kind, str(late)) == (408, "TranslateException", "Time out in: 2")


def test_a_name_is_told_as_far_as_it_is_of_use() -> None:
    assert named(LONG) == "x" * 120 + "…"
