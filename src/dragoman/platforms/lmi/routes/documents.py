"""JSON as DJL Serving writes it: over several lines."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response


def document(content: object, code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return Response(text, code, headers, media_type="application/json")


def status(text: str, code: int = 200) -> Response:
    """The answer that something was done: ``{"status"}``."""
    return document({"status": text}, code)
