import orjson
import pytest

from dragoman.errors import DragomanError
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.routes.chat_requests import UnreadableError
from dragoman.platforms.datarobot.routes.error_responses import error_response
from dragoman.serving.router import StoppedError, UnexpectedError
from dragoman.serving.table import NoRouteError, WrongMethodError

HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (DrumError("no samples", 422), 422, "ERROR: no samples"),
        (StoppedError(), 503, "ERROR: Connection error. The worker has stopped. Try again."),
        (UnexpectedError(LookupError("a secret")), 500, "ERROR: LookupError: the worker's log tells more."),
    ],
)
def test_errors_are_told_in_drums_words(error: DragomanError, status: int, message: str) -> None:
    response = error_response(error)
    assert (response.status_code, orjson.loads(bytes(response.body))) == (status, {"message": message})


def test_an_error_may_have_a_response_of_its_own() -> None:
    assert list(orjson.loads(bytes(error_response(UnreadableError()).body))) == ["error"]


def test_a_path_without_a_row_has_flasks_page() -> None:
    response = error_response(NoRouteError("/nothing"))
    assert (response.status_code, response.headers["content-type"]) == (404, HTML)
    assert bytes(response.body).startswith(
        b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>"
    )


def test_a_wrong_method_has_flasks_page_and_the_right_ones() -> None:
    response = error_response(WrongMethodError("DELETE", ["GET"]))
    assert (response.status_code, response.headers["content-type"]) == (405, HTML)
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert b"<p>The method is not allowed for the requested URL.</p>" in bytes(response.body)


def test_options_are_the_methods() -> None:
    response = error_response(WrongMethodError("OPTIONS", ["POST"]))
    assert (response.status_code, response.headers["allow"], response.body) == (200, "OPTIONS, POST", b"")
