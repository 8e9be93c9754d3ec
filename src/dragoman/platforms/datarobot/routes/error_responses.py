"""What is answered in an error's place, in DRUM's words."""

from starlette.responses import Response

from dragoman.errors import DragomanError
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.routes import pages
from dragoman.serving.router import StoppedError
from dragoman.serving.table import NoRouteError, WrongMethodError


def error_response(error: DragomanError) -> Response:
    """The error in place of an answer; OPTIONS is a method without rows, and answered with those that a path has."""
    match error:
        case DrumError():
            return error.response()
        case NoRouteError():
            return pages.not_found()
        case WrongMethodError(method="OPTIONS"):
            return pages.options(error.allowed)
        case WrongMethodError():
            return pages.wrong_method(error.allowed)
        case StoppedError():
            return DrumError(f"Connection error. {error}", error.status).response()
        case _:
            return DrumError(str(error), error.status).response()
