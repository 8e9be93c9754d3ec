"""What an LMI container answers when it cannot do what it is asked.

There are two bodies: that of the handler, which runs the model, and that of the server around it.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import orjson
from starlette.responses import Response

from dragoman.errors import DragomanError
from dragoman.platforms.lmi.options import Options

FAILED_DEPENDENCY = 424
LONGEST_MESSAGE = 500
LONGEST_NAME = 120
BAD_REQUEST = "BadRequestException"
# What the exceptions of DJL Serving and Netty are called that stand for a status.
EXCEPTIONS: Mapping[int, str] = MappingProxyType(
    {
        400: BAD_REQUEST,
        401: "UnauthorizedException",
        404: "ResourceNotFoundException",
        408: "RequestTimeoutException",
        413: "TooLongFrameException",
        429: "WlmCapacityException",
        431: "TooLongHttpHeaderException",
        503: "ServiceUnavailableException",
    }
)


class HandlerError(DragomanError):
    """The model's handler cannot do the request: ``{"error", "code"}``.

    Args:
        message: what is wrong.
        code: the HTTP status; 424 is what LMI has for everything that its handler finds wrong.
        headers: more headers of the answer.
    """

    def __init__(self, message: str, code: int = FAILED_DEPENDENCY, headers: dict[str, str] | None = None) -> None:
        super().__init__(_told(message))
        self.status = code
        self.headers = headers or {}

    def line(self) -> bytes:
        """The error as JSON in one line, without its end."""
        return orjson.dumps({"error": str(self), "code": self.status})

    def response(self) -> Response:
        """The error in place of an answer."""
        return Response(self.line(), self.status, self.headers, media_type="application/json")


class ServerError(DragomanError):
    """The server around the handler refuses: ``{"code", "type", "message"}``, printed over several lines.

    Args:
        message: what is wrong.
        code: the HTTP status.
        kind: the name of the exception in DJL Serving, which clients may look for.
        headers: more headers of the answer.
    """

    def __init__(self, message: str, code: int, kind: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(_told(message))
        self.status = code
        self.kind = kind
        self.headers = headers or {}

    def response(self) -> Response:
        """The error in place of an answer."""
        body = {"code": self.status, "type": self.kind, "message": str(self)}
        text = orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        return Response(text, self.status, self.headers, media_type="application/json")


def named(name: str) -> str:
    """A name that a client sent, as it is told in a message: not at any length."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def too_late(options: Options) -> ServerError:
    """A prediction that took longer than it may."""
    return ServerError(f"Time out in: {options.predict_timeout:g}", options.timeout_http_code, "TranslateException")


def bad_request(message: str, code: int = HTTPStatus.BAD_REQUEST) -> ServerError:
    """A request that the server cannot read."""
    return ServerError(message, code, BAD_REQUEST)


def no_such_model(name: str) -> ServerError:
    """A model that is not this worker's."""
    return ServerError(f"Model not found: {named(name)}", HTTPStatus.NOT_FOUND, "ModelNotFoundException")


def no_such_route(path: str) -> ServerError:
    """A path that leads nowhere."""
    message = f"Requested resource is not found, please refer to API document: {named(path)}"
    return ServerError(message, HTTPStatus.NOT_FOUND, "ResourceNotFoundException")


def wrong_method(allowed: str) -> ServerError:
    """A route that is for other methods."""
    message = "Requested method is not allowed, please refer to API document."
    return ServerError(message, HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowedException", {"allow": allowed})


def _told(message: str) -> str:
    """A message that is not too long, without halves of characters, which clients can send and JSON cannot hold."""
    shown = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
    return shown.encode(errors="replace").decode()
