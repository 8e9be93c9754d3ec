"""The application in front of the engine's: it reads every request's JSON once, and refuses what is not to reach it."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.engine.bad_request import BadRequestError, TooLargeError
from dragoman.engine.guard import counts, media, shapes, stops, templates
from dragoman.engine.guard.bodies import CONTENT, TOKENS, Json, parsed, survey
from dragoman.engine.guard.errors import LONGEST, Clipped
from dragoman.engine.layer import Layer
from dragoman.engine.messages import collected, replay
from dragoman.serving import answers
from dragoman.serving.entrance.limits import Limits
from dragoman.serving.observing.request_context import refused

# Files come as these.
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
# A larger body is read beside the event loop: probes and streams go on meanwhile.
LARGE = 2**20


class Guard:
    """An application around the engine's.

    Args:
        app: the engine's application.
        limits: what one request may ask for.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http" or scope["method"] != "POST" or _is_form(scope):
            await self._app(scope, receive, send)
            return
        messages = await collected(receive)
        body = b"".join(message.get("body", b"") for message in messages)
        try:
            content = await self._checked(body, scope["path"])
        except BadRequestError as error:
            refused("body" if isinstance(error, TooLargeError) else "request")
            await answers.error(error.status, str(error), error.kind, param=error.param)(scope, receive, send)
            return
        known = {} if content is None else {CONTENT: content}
        told = Clipped(send) if content and may_be_repeated(content) else send
        await self._app({**scope, **known}, replay(messages, receive), told)

    async def _checked(self, body: bytes, path: str) -> Json | None:
        if len(body) <= LARGE:
            return checked(body, path, self._limits)
        return await asyncio.to_thread(checked, body, path, self._limits)


def guarded(engine: Engine, limits: Limits) -> Engine:
    """The engine for requests within the limits."""
    return Layer(engine, Guard(engine.app, limits))


def checked(body: bytes, path: str, limits: Limits) -> Json | None:
    """The object that a body holds, within the limits; None where it holds none.

    Args:
        body: the body, complete.
        path: the engine's route.
        limits: what one request may ask for.

    Raises:
        BadRequestError: it is beyond one of them.
    """
    content = parsed(body, limits)
    if content is None:
        return None
    counts.check(content, limits)
    survey(content, path, limits)
    stops.check(content)
    templates.check(content, limits)
    media.check(content, limits)
    shapes.check(content, limits)
    return content


def may_be_repeated(content: Json) -> bool:
    """Whether the engine's error may repeat much of a request: what shapes an answer, a name that it does not know.

    Prompts are not repeated; most requests hold nothing else, and their answers are sent past all this.
    """
    names = (name for name, value in content.items() if isinstance(value, str) and len(value) > LONGEST)
    keys = (key for value in content.values() if isinstance(value, dict) for key in value)
    return (
        not shapes.FIELDS.isdisjoint(content)
        or any(name not in TOKENS for name in names)
        or any(len(key) > LONGEST for key in keys)
    )


def _is_form(scope: Scope) -> bool:
    """Whether the engine reads a form: of several headers it takes the first, and what ends in +json is JSON to it."""
    return Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower() in FORMS
