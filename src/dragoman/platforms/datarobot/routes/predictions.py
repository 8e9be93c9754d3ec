"""/predict/ and its like: a CSV of prompts in, a prediction for each row out."""

import asyncio
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine.client import Header
from dragoman.engine.messages import unless_left
from dragoman.platforms.datarobot import hooks
from dragoman.platforms.datarobot.errors import DrumError
from dragoman.platforms.datarobot.hooks import Hook
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.predictions import frames
from dragoman.platforms.datarobot.predictions.deployment import target_label
from dragoman.platforms.datarobot.predictions.prompts import prompts
from dragoman.platforms.datarobot.predictions.questions import contents, question
from dragoman.platforms.datarobot.predictions.rows import at_once
from dragoman.platforms.datarobot.predictions.samples import samples
from dragoman.platforms.datarobot.predictions.shapes import Predictions, deployed, plain
from dragoman.platforms.datarobot.routes.calls import CHAT, DrumCalls
from dragoman.platforms.datarobot.routes.documents import JSON
from dragoman.platforms.datarobot.routes.headers import REQUEST_ID
from dragoman.serving.table import Route

STRUCTURED = ("/predict", "/predictions", "/invocations")
UNSTRUCTURED = ("/predictUnstructured", "/predictionsUnstructured")
NO_UNSTRUCTURED = "The unstructured target type is not supported"
NO_TRANSFORM = "This model has target type TargetType.TEXT_GENERATION, use the /predict/ endpoint."
NO_CELL = "it has no cell in the column {}"
ID = REQUEST_ID.encode()


class PredictionsApi:
    """Predicts.

    Args:
        calls: what calls the engine.
        options: what the owner of the model chose.
    """

    def __init__(self, calls: DrumCalls, options: Options) -> None:
        self._calls = calls
        self._options = options
        self._shape = deployed(target_label(options.deployment_config)) if options.deployment_config else plain

    def routes(self) -> Iterator[Route]:
        """The rows."""
        for path in STRUCTURED:
            yield Route("POST", path, self._structured)
        for path in UNSTRUCTURED:
            yield Route("POST", path, self._unstructured)
        yield Route("POST", "/transform", self._transform)

    async def _structured(self, request: Request) -> ASGIApp:
        return self._answer

    async def _unstructured(self, request: Request) -> ASGIApp:
        raise DrumError(NO_UNSTRUCTURED)

    async def _transform(self, request: Request) -> ASGIApp:
        raise DrumError(NO_TRANSFORM, HTTPStatus.UNPROCESSABLE_ENTITY)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        data = await samples(request)
        predicted = await unless_left(receive, self._predictions(data, scope["headers"]))
        if predicted is not None:
            await Response(self._shape(predicted), media_type=JSON)(scope, receive, send)

    async def _predictions(self, data: bytes, headers: Iterable[Header]) -> Predictions:
        hook = hooks.loaded().score
        return await (self._scored(hook, data) if hook else self._asked(data, tuple(headers)))

    async def _scored(self, hook: Hook, data: bytes) -> Predictions:
        frame = await asyncio.to_thread(frames.frame, data)
        scored = await hooks.call(hook, frame, hooks.loaded().model)
        return await asyncio.to_thread(frames.predictions, scored, self._options.target_name)

    async def _asked(self, data: bytes, headers: tuple[Header, ...]) -> Predictions:
        """Asks the engine row by row: each is a chat of its own, and its choices are predictions of their own."""
        column = self._options.prompt_column_name

        async def ask(number: int, prompt: str | None) -> list[str | None]:
            if prompt is None:
                raise DrumError(NO_CELL.format(column), HTTPStatus.BAD_REQUEST)
            answer = await self._calls.whole("POST", CHAT, question(prompt, self._options), _numbered(headers, number))
            with self._calls.failures_told():
                return contents(answer)

        answers = await at_once(prompts(data, column), ask, self._options.concurrent_rows)
        return Predictions([content for answer in answers for content in answer])


def _numbered(headers: Iterable[Header], number: int) -> Iterator[Header]:
    """A row's headers; the engine wants no two requests under way with the same id."""
    for name, value in headers:
        yield name, b"%s-%d" % (value, number) if name == ID else value
