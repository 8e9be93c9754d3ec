"""The routes that generate in LMI's schemas: SageMaker's and DJL Serving's."""

from collections.abc import Iterator
from dataclasses import replace

from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine.client import Client
from dragoman.engine.messages import unless_left
from dragoman.engine.threads import aside
from dragoman.platforms.lmi.adapters.choice import resolved, without
from dragoman.platforms.lmi.adapters.engine import AdaptedEngine
from dragoman.platforms.lmi.errors import bad_request
from dragoman.platforms.lmi.generation.content import decode, is_form
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.requests import read
from dragoman.platforms.lmi.routes import unsupported
from dragoman.platforms.lmi.routes.admission import Admission
from dragoman.platforms.lmi.routes.headers import with_attributes
from dragoman.platforms.lmi.routes.model import Model
from dragoman.platforms.lmi.routes.replies import Replies
from dragoman.platforms.lmi.routes.sessions import Sessions
from dragoman.serving.table import Route


class Inference:
    """Answers requests for text, chats and vectors.

    Args:
        engine: what generates.
        model: the model.
        admission: lets requests in.
        options: what the operator chose.
    """

    def __init__(self, engine: AdaptedEngine, model: Model, admission: Admission, options: Options) -> None:
        self._engine = engine
        self._model = model
        self._admission = admission
        self._options = options
        self._sessions = Sessions(options)
        self._replies = Replies(Client(engine.app), options)

    def routes(self) -> Iterator[Route]:
        """The rows."""
        yield Route("POST", "/invocations", self._invocations)
        for path in ("/predictions/{model}", "/predictions/{model}/{version}", "/models/{model}/invoke"):
            yield Route("POST", path, self._predictions)

    async def _invocations(self, request: HttpRequest) -> ASGIApp:
        given = {**with_attributes(request.headers), **request.query_params}
        name = given.get("model_name") or None
        if name is None and not self._model.registered:
            raise bad_request("Parameter model_name is required.")
        self._model.demand(name, given.get("model_version") or None)
        return self._answer

    async def _predictions(self, request: HttpRequest) -> ASGIApp:
        self._model.demand(request.path_params["model"], request.path_params.get("version"))
        return self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        unsupported.refuse(with_attributes(request.headers))
        async with self._admission.let_in(request) as body:
            await self.respond(request, body, send)

    async def respond(self, request: HttpRequest, body: bytes, send: Send) -> None:
        """Answers a request that was let in and read; when the client leaves, the engine stops.

        Raises:
            HandlerError: it cannot be done.
            ServerError: it took too long.
        """
        await unless_left(request.receive, self._respond(request, body, send))

    async def _respond(self, http: HttpRequest, body: bytes, send: Send) -> None:
        headers = with_attributes(http.headers)
        content = await aside(len(body), decode, body, headers, self._options.limits, self._options.era)
        if is_form(body, headers) and "model" not in http.path_params:
            self._model.demand(content.get("model_name") or None, content.get("model_version") or None)
        adapter = await resolved(self._engine.adapters, content, headers, http.query_params)
        content = without(content)
        if response := self._sessions.answer(content, headers):
            await response(http.scope, http.receive, send)
            return
        request = await aside(len(body), read, content, headers, self._options, self._engine.tasks)
        if adapter:
            request = replace(request, body={**request.body, "model": adapter})
        sent = tuple(http.scope["headers"])
        if request.streams:
            await self._replies.stream(request, sent, send)
        else:
            await (await self._replies.whole(request, sent))(http.scope, http.receive, send)
