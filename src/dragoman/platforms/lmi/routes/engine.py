"""The engine's own routes beside those that generate in OpenAI's schemas."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.platforms.lmi.routes.admission import Admission
from dragoman.platforms.lmi.routes.documents import document
from dragoman.platforms.lmi.routes.model import Model
from dragoman.platforms.lmi.routes.passage import Passage
from dragoman.serving.table import Route

# Those of vLLM for what users ask of a model. The others manage the engine, adapters among them: LMI has its own routes
# for those, which know them all.
WORKING = (
    "/v1/chat/completions/batch",
    "/v1/responses",
    "/v1/responses/{id}/cancel",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1/embeddings",
    "/v2/embed",
    "/v1/rerank",
    "/v2/rerank",
    "/rerank",
    "/v1/score",
    "/score",
    "/classify",
    "/pooling",
    "/generative_scoring",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/tokenize",
    "/detokenize",
)
TELLING = ("/v1/models", "/v1/responses/{id}")


class EngineApi:
    """Has the engine answer, under the limits that all requests have.

    Args:
        engine: its application.
        theirs: the same with the worker's probes and metrics in place of its own.
        model: the model.
        admission: lets requests in.
        passage: the way to the engine.
    """

    def __init__(self, engine: ASGIApp, theirs: ASGIApp, model: Model, admission: Admission, passage: Passage) -> None:
        self._engine = engine
        self._theirs = theirs
        self._model = model
        self._admission = admission
        self._passage = passage

    def routes(self) -> Iterator[Route]:
        """The rows for what users ask of a model."""
        for path in WORKING:
            yield Route("POST", path, self._let_in)
        for path in TELLING:
            yield Route("GET", path, self._tell)

    def telling_routes(self, *more: str) -> Iterator[Route]:
        """The rows that tell of the engine, and those for browsers.

        Args:
            more: further paths that browsers may ask about.
        """
        for path in ("/health", "/metrics", "/version", "/load"):
            yield Route("GET", path, self._tell)
        for path in (*WORKING, *TELLING, *more):
            yield Route("OPTIONS", path, self._options_of)

    async def _let_in(self, request: Request) -> ASGIApp:
        self._model.demand()
        return self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        async with self._admission.let_in(request) as body:
            await self._passage(request, body, send)

    async def _tell(self, request: Request) -> ASGIApp:
        return self._theirs

    async def _options_of(self, request: Request) -> ASGIApp:
        """The engine answers browsers, which ask before they post."""
        return self._engine if "access-control-request-method" in request.headers else document({})
