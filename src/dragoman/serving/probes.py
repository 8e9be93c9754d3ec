"""What a worker answers by the stage of its life alone, without an engine."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.page.assets import Asset
from dragoman.serving import answers
from dragoman.serving.lifecycle import Lifecycle

# The answer to a probe of a platform's by its path; None where that path is no probe.
Probe = Callable[[str, Lifecycle], Response | None]
HEALTH = "/health"


def health(path: str, lifecycle: Lifecycle) -> Response | None:
    """The probe that every worker answers."""
    return answers.health(lifecycle, lifecycle.ready) if path == HEALTH else None


def while_away(probe: Probe, lifecycle: Lifecycle) -> ASGIApp:
    """What answers while no engine can: the probe, everything else with 503."""

    def answer(path: str) -> Response:
        return probe(path, lifecycle) or answers.unavailable(lifecycle)

    return _responder(answer)


def on_their_own(probe: Probe, lifecycle: Lifecycle) -> ASGIApp:
    """What answers on a port for probes alone: the probe, everything else with 404, a page too."""
    missing = answers.error(404, "This port answers probes only.", "NotFoundError")

    def answer(path: str) -> Response:
        answered = probe(path, lifecycle)
        return missing if answered is None or isinstance(answered, Asset) else answered

    return _responder(answer)


def _responder(answer: Callable[[str], Response]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1013})
            return
        await answer(scope["path"])(scope, receive, send)

    return app
