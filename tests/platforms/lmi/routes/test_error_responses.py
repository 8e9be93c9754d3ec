import orjson
import pytest

from dragoman.errors import DragomanError
from dragoman.platforms.lmi.errors import HandlerError, ServerError, bad_request
from dragoman.platforms.lmi.routes.error_responses import error_response
from dragoman.serving.router import StoppedError, UnexpectedError
from dragoman.serving.table import NoRouteError, WrongMethodError
from tests.platforms.lmi.asking import options


@pytest.mark.parametrize(
    ("error", "status", "kind", "message"),
    [
        (bad_request("no"), 400, "BadRequestException", "no"),
        (
            NoRouteError("/nothing"),
            404,
            "ResourceNotFoundException",
            "Requested resource is not found, please refer to API document: /nothing",
        ),
        (
            WrongMethodError("PUT", ["POST", "GET"]),
            405,
            "MethodNotAllowedException",
            "Requested method is not allowed, please refer to API document.",
        ),
        (StoppedError(), 503, "ServiceUnavailableException", "The worker has stopped. Try again."),
        (
            UnexpectedError(LookupError("a secret")),
            500,
            "InternalServerException",
            "LookupError: the worker's log tells more.",
        ),
    ],
)
def test_errors_are_told_as_by_the_server(error: DragomanError, status: int, kind: str, message: str) -> None:
    response = error_response(options(), error)
    assert response.status_code == status
    assert orjson.loads(bytes(response.body)) == {"code": status, "type": kind, "message": message}


def test_an_error_of_the_handler_has_a_body_of_its_own() -> None:
    response = error_response(options(), HandlerError("no"))
    assert (response.status_code, bytes(response.body)) == (424, b'{"error":"no","code":424}')


def test_a_wrong_method_has_the_right_ones() -> None:
    assert error_response(options(), WrongMethodError("PUT", ["POST", "GET"])).headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (bad_request("no"), 422),
        (bad_request("no", 404), 404),
        (ServerError("no", 400, "TranslateException"), 400),
        (UnexpectedError(LookupError()), 502),
    ],
)
def test_the_operator_chooses_the_status_of_bad_requests_and_of_the_unexpected(
    error: DragomanError, status: int
) -> None:
    response = error_response(options(bad_request_http_code=422, server_error_http_code=502), error)
    assert (response.status_code, orjson.loads(bytes(response.body))["code"]) == (status, status)
