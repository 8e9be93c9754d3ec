"""Answers in JSON."""

import orjson
from starlette.responses import Response

JSON = "application/json"


def document(content: object) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(content), media_type=JSON)
