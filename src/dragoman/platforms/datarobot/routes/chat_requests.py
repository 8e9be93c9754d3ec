"""What a chat request is: its fields, and by which id DataRobot associates its answer with what comes of it."""

import json
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson
from starlette.responses import Response

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard.bodies import Json, loaded
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.options import DEPLOYED
from dragoman.platforms.datarobot.routes.refusals import refused
from dragoman.serving.entrance.limits import Limits

ASSOCIATION_ID = "datarobot_association_id"
# In Flask's words.
WRONG_TYPE = (
    "415 Unsupported Media Type: Did not attempt to load JSON data because the request Content-Type was not "
    "'application/json'."
)
UNREADABLE = "The browser (or proxy) sent a request that this server could not understand."


class UnreadableError(DrumError):
    """A body that is no JSON object: ``{"error": …}``, as Flask refuses it."""

    def __init__(self) -> None:
        super().__init__(UNREADABLE, HTTPStatus.BAD_REQUEST)

    def response(self) -> Response:
        """The error in place of an answer."""
        return Response(orjson.dumps({"error": str(self)}), self.status, media_type="application/json")


@dataclass(frozen=True)
class Chat:
    """A chat request.

    Args:
        body: as the client sent it.
        content: what it holds.
        association_id: the client's own, or a new one.
    """

    body: bytes
    content: Json
    association_id: Any

    def to_engine(self, model: str | None) -> bytes:
        """The body for the engine: unchanged, unless it names no model, or that of every deployment.

        Args:
            model: the model that is meant then; None where the engine is to be asked without a name.
        """
        if self.content.get("model") not in (None, "", DEPLOYED):
            return self.body
        unnamed = {name: value for name, value in self.content.items() if name != "model"}
        return json.dumps(unnamed if model is None else {**unnamed, "model": model}).encode()

    def associated(self, answer: bytes) -> bytes:
        """A JSON object of the engine's with the association id as its last field."""
        return answer.rstrip().removesuffix(b"}") + self._end

    @cached_property
    def _end(self) -> bytes:
        """What stands there after the fields before it."""
        field = json.dumps({ASSOCIATION_ID: self.association_id}).encode()
        return b"," + field.removeprefix(b"{")


def read(kind: str, body: bytes, limits: Limits) -> Chat:
    """The chat request in a body.

    Args:
        kind: the content type.
        body: the body.
        limits: how large, how deep and how full it may be.

    Raises:
        DrumError: it is no JSON object, does not say that it is JSON, or is beyond the limits.
    """
    if not _is_json(kind.partition(";")[0].strip().lower()):
        raise DrumError(WRONG_TYPE)
    try:
        content = loaded(body, limits)
    except BadRequestError as error:
        raise refused(error.status, str(error)) from None
    except ValueError:
        raise UnreadableError from None
    if not isinstance(content, dict):
        raise UnreadableError
    return Chat(body, content, content.get(ASSOCIATION_ID) or str(uuid4()))


def _is_json(kind: str) -> bool:
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
