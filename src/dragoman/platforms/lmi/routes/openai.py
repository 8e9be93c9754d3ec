"""/v1/chat/completions and /v1/completions: OpenAI's, and LMI's where the body is LMI's."""

import json
from collections.abc import Iterator

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard.bodies import loaded, weigh
from dragoman.engine.threads import aside
from dragoman.platforms.lmi.adapters.choice import FIELD, HEADER, PARAMETER, resolved, without
from dragoman.platforms.lmi.adapters.engine import AdaptedEngine
from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.formats import preferred_stream
from dragoman.platforms.lmi.generation.request import Json, Wire
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.routes import unsupported
from dragoman.platforms.lmi.routes.admission import Admission
from dragoman.platforms.lmi.routes.headers import with_attributes
from dragoman.platforms.lmi.routes.inference import Inference
from dragoman.platforms.lmi.routes.jsonlines import Lines
from dragoman.platforms.lmi.routes.model import Model
from dragoman.platforms.lmi.routes.passage import Passage
from dragoman.serving.entrance.limits import Limits
from dragoman.serving.table import Route

PATHS = ("/v1/chat/completions", "/v1/completions")
# The fields that OpenAI's schemas do not have; a body without these words goes on unread.
INPUTS = ("inputs", "requestType")
MARKERS = tuple(f'"{name}"'.encode() for name in (*INPUTS, FIELD))


class OpenAI:
    """Has the engine answer OpenAI's clients itself, and LMI's clients as on LMI's own routes.

    Args:
        engine: what generates.
        inference: what answers LMI's clients.
        model: the model.
        admission: lets requests in.
        passage: the way to the engine.
        options: what the operator chose.
    """

    def __init__(
        self,
        engine: AdaptedEngine,
        inference: Inference,
        model: Model,
        admission: Admission,
        passage: Passage,
        options: Options,
    ) -> None:
        self._engine = engine
        self._inference = inference
        self._model = model
        self._admission = admission
        self._passage = passage
        self._limits = options.limits

    def routes(self) -> Iterator[Route]:
        """The rows."""
        for path in PATHS:
            yield Route("POST", path, self._let_in)

    async def _let_in(self, request: Request) -> ASGIApp:
        self._model.demand()
        unsupported.refuse(with_attributes(request.headers))
        return self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        async with self._admission.let_in(request) as body:
            headers = with_attributes(request.headers)
            marked = HEADER in headers or PARAMETER in request.query_params or any(word in body for word in MARKERS)
            content = await aside(len(body), _content, body, self._limits) if marked else {}
            if any(content.get(name) is not None for name in INPUTS):
                await self._inference.respond(request, body, send)
            else:
                await self._pass_on(request, body, content, send)

    async def _pass_on(self, request: Request, body: bytes, content: Json, send: Send) -> None:
        """Has the engine answer; the body stays as it is, unless it asks for an adapter."""
        headers = with_attributes(request.headers)
        known = self._engine.adapters
        if content and (adapter := await resolved(known, content, headers, request.query_params)):
            body = json.dumps({**without(content), "model": adapter}).encode()
        if preferred_stream(headers) is Wire.LINES:
            send = Lines(send)
        await self._passage(request, body, send)


def _content(body: bytes, limits: Limits) -> Json:
    """What a body holds; the engine says what is wrong with one that holds nothing of use.

    Raises:
        HandlerError: it holds too much.
    """
    try:
        weigh(body, limits)
    except BadRequestError as error:
        raise HandlerError(str(error)) from None
    try:
        content = loaded(body, limits)
    except (BadRequestError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
