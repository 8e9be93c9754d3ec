"""Keys are asked for at the door, for every route but the platform's health probes."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.serving.entrance.access import CLIENT, Access
from dragoman.serving.entrance.refusals import Refuse
from dragoman.serving.lifecycle import Lifecycle, Status
from dragoman.serving.observing.request_context import refused
from dragoman.serving.probes import Probe

MESSAGE = "This worker wants one of its API keys, as Authorization: Bearer KEY."
# What a browser says when it asks ahead; without either, what is asked is no such question.
AHEAD = frozenset(("origin", "access-control-request-method"))
CHALLENGE = {"www-authenticate": "Bearer"}
# The code with which a server turns a WebSocket away for reasons of its own (RFC 6455); before it is accepted, that
# is answered 403.
POLICY = 1008


def authenticated(app: ASGIApp, access: Access, probe: Probe, refuse: Refuse) -> ASGIApp:
    """The application for those who show a key; the others get 401, but for probes, and for browsers that ask ahead.

    Args:
        app: the application.
        access: the keys.
        probe: the platform's; a path that it answers while the worker serves is open.
        refuse: makes the error.
    """
    if not access:
        return app
    is_open = _opening(probe)

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if is_open(scope):
            await app(scope, receive, send)
        elif (client := access.client(scope)) is not None:
            shown = CLIENT.set(client)
            try:
                await app(scope, receive, send)
            finally:
                CLIENT.reset(shown)
        elif scope["type"] == "websocket":
            refused("auth")
            await send({"type": "websocket.close", "code": POLICY})
        else:
            refused("auth")
            response = refuse(HTTPStatus.UNAUTHORIZED, MESSAGE, "UnauthorizedError", CHALLENGE, scope)
            await response(scope, receive, send)

    return checked


def _opening(probe: Probe) -> Callable[[Scope], bool]:
    """Which requests need no key. Those that only a worker that does not serve answers at the door are not among them.

    A browser asks, without the headers of the request to come, whether it may send it: https://fetch.spec.whatwg.org
    """
    serving = Lifecycle(0)
    serving.enter(Status.READY)

    def is_open(scope: Scope) -> bool:
        if scope["type"] != "http":
            return False
        if scope["method"] == "OPTIONS" and AHEAD.issubset(Headers(scope=scope).keys()):
            return True
        return probe(scope["path"], serving) is not None

    return is_open
