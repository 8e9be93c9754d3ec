"""What is answered in an error's place, in LMI's words."""

from http import HTTPStatus

from starlette.responses import Response

from dragoman.errors import DragomanError
from dragoman.platforms.lmi.errors import BAD_REQUEST, HandlerError, ServerError, no_such_route, wrong_method
from dragoman.platforms.lmi.options import Options
from dragoman.serving.router import StoppedError
from dragoman.serving.table import NoRouteError, WrongMethodError


def error_response(options: Options, error: DragomanError) -> Response:
    """The error in place of an answer.

    Args:
        options: the statuses that the operator chose for bad requests, and for what nobody expected.
        error: the error.
    """
    return error.response() if isinstance(error, HandlerError) else _server_error(options, error).response()


def _server_error(options: Options, error: DragomanError) -> ServerError:
    match error:
        case ServerError():
            return _as_chosen(options, error)
        case NoRouteError():
            return no_such_route(error.path)
        case WrongMethodError():
            return wrong_method(", ".join(error.allowed))
        case StoppedError():
            return ServerError(str(error), error.status, "ServiceUnavailableException")
        case _:
            return ServerError(str(error), options.server_error_http_code, "InternalServerException")


def _as_chosen(options: Options, error: ServerError) -> ServerError:
    """The error with the operator's status, if it is about a request that cannot be read."""
    if (error.kind, error.status) != (BAD_REQUEST, HTTPStatus.BAD_REQUEST):
        return error
    return ServerError(str(error), options.bad_request_http_code, error.kind, error.headers)
