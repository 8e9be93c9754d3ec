"""What can be answered by the stage of the worker's life alone: its health, and that the engine is away."""

from http import HTTPStatus

from starlette.responses import Response

from dragoman.platforms.datarobot.errors import CRASHED, told
from dragoman.serving.answers import RETRY_AFTER
from dragoman.serving.lifecycle import Lifecycle, Status


def health(lifecycle: Lifecycle) -> Response:
    """200 when the engine answers, 513 after it died, else 503."""
    if lifecycle.ready:
        return told("", HTTPStatus.OK)
    if lifecycle.status is Status.RESTARTING:
        return told("vLLM has crashed.", CRASHED, _later(lifecycle))
    message = f"vLLM server is not ready: {lifecycle.phase} ({lifecycle.seconds:.0f} s)"
    return told(message, HTTPStatus.SERVICE_UNAVAILABLE, _later(lifecycle))


def unavailable(lifecycle: Lifecycle) -> Response:
    """503 for a request that nothing can answer now."""
    state = f"The worker is {lifecycle.status} ({lifecycle.phase}, {lifecycle.seconds:.0f} s). Try again."
    return told(f"ERROR: Connection error. {state}", HTTPStatus.SERVICE_UNAVAILABLE, _later(lifecycle))


def _later(lifecycle: Lifecycle) -> dict[str, str]:
    return {"retry-after": str(RETRY_AFTER[lifecycle.status]), "connection": "close"}
