"""What DRUM answers when it cannot do what it is asked: ``{"message": "ERROR: …"}``."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from dragoman.errors import DragomanError
from dragoman.platforms.datarobot.json_text import json_text

CRASHED = 513
WITHOUT_BODY = frozenset((HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED))


class DrumError(DragomanError):
    """A request that cannot be done.

    Args:
        message: what is wrong, without the word that DRUM puts before it.
        status: the HTTP status.
        headers: more headers of the answer.
    """

    def __init__(self, message: str, status: int = 500, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The error in place of an answer."""
        return told(f"ERROR: {self}", self.status, self.headers)


def told(message: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """A message as DRUM's routes give it; the status alone where HTTP lets nothing come with it."""
    if status in WITHOUT_BODY:
        return Response(None, status, headers)
    return Response(json_text({"message": message}), status, headers, media_type="application/json")
