"""Answers that the worker gives in the engine's place, in OpenAI's form."""

import orjson
from starlette.responses import Response

from dragoman.serving.lifecycle import Lifecycle, Status

RETRY_AFTER = {Status.STARTING: 5, Status.READY: 1, Status.WAITING: 1, Status.DRAINING: 5, Status.RESTARTING: 2}


def health(lifecycle: Lifecycle, healthy: bool) -> Response:
    """200 when the worker would answer a request, else 503, with the state of its life either way."""
    return _json(200 if healthy else 503, lifecycle.snapshot(), {} if healthy else _retry(lifecycle))


def unavailable(lifecycle: Lifecycle) -> Response:
    """503 for a request that nothing can answer now."""
    message = f"The worker is {lifecycle.status} ({lifecycle.phase}, {lifecycle.seconds:.0f} s). Try again."
    return error(503, message, "service_unavailable", _retry(lifecycle))


def error(
    status: int, message: str, kind: str, headers: dict[str, str] | None = None, param: str | None = None
) -> Response:
    """An error in the shape of OpenAI's and vLLM's: ``{"error": {message, type, param, code}}``."""
    body = {"error": {"message": message, "type": kind, "param": param, "code": status}}
    return _json(status, body, headers or {})


def _retry(lifecycle: Lifecycle) -> dict[str, str]:
    return {"retry-after": str(RETRY_AFTER[lifecycle.status]), "connection": "close"}


def _json(status: int, content: object, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(content), status, headers, media_type="application/json")
