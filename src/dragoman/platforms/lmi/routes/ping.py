"""What can be answered by the stage of the worker's life alone: the model's health, and that it is away."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from dragoman.platforms.lmi.errors import ServerError
from dragoman.platforms.lmi.routes.documents import document
from dragoman.serving.answers import RETRY_AFTER
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.settings.values import Value


def ping(lifecycle: Lifecycle, settings: Mapping[str, Value]) -> Response:
    """200 when the model answers; 503 when it does not, or 207 where the operator chose that for one that loads."""
    if lifecycle.ready:
        return _health(settings, "Healthy", HTTPStatus.OK)
    if lifecycle.status is not Status.STARTING:
        return _health(settings, "Unhealthy", HTTPStatus.SERVICE_UNAVAILABLE, _later(lifecycle))
    if settings.get("allow_multi_status"):
        return _health(settings, "PENDING", HTTPStatus.MULTI_STATUS)
    return _health(settings, "PENDING", HTTPStatus.SERVICE_UNAVAILABLE, _later(lifecycle))


def unavailable(lifecycle: Lifecycle) -> Response:
    """503 for a request that nothing can answer now."""
    message = f"The worker is {lifecycle.status} ({lifecycle.phase}, {lifecycle.seconds:.0f} s). Try again."
    code = HTTPStatus.SERVICE_UNAVAILABLE
    return ServerError(message, code, "ServiceUnavailableException", _later(lifecycle)).response()


def _health(
    settings: Mapping[str, Value], status: str, code: int, headers: Mapping[str, str] | None = None
) -> Response:
    return document({settings["model_name"]: {"status": status}}, code, headers)


def _later(lifecycle: Lifecycle) -> dict[str, str]:
    return {"retry-after": str(RETRY_AFTER[lifecycle.status]), "connection": "close"}
