"""Request fields that vLLM has dropped, kept alive in front of it: ``best_of``, streamed beams and ``guided_*``."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.engine import Engine
from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.candidates import Candidates, Fields, Json, candidates
from dragoman.engine.chunks import events
from dragoman.engine.client import Client, Header
from dragoman.engine.guard.bodies import CONTENT
from dragoman.engine.guided import BACKEND, with_structured_outputs
from dragoman.engine.layer import Layer
from dragoman.engine.messages import collected, replay, unless_left, whole
from dragoman.serving import answers

CHAT = "/v1/chat/completions"
PATHS = frozenset((CHAT, "/v1/completions"))
MARKERS = ("best_of", "use_beam_search", "guided_")
# Null was absent for older vLLM.
NULLABLE = frozenset(("best_of", "use_beam_search"))
OF_THE_BODY = frozenset((b"content-length", b"transfer-encoding"))
# The client brings its own host; a compressed answer could not be read here.
OF_THE_CONNECTION = OF_THE_BODY | {b"host", b"accept-encoding"}
OF_THE_ANSWER = frozenset((b"content-length", b"content-type"))

log = logging.getLogger("dragoman")


@dataclass(frozen=True)
class Answer:
    """A response that is complete: the messages of its body are its pieces."""

    status: int
    headers: tuple[Header, ...]
    pieces: tuple[bytes, ...]

    @property
    def refuses_to_be_greedy(self) -> bool:
        """Whether vLLM says that it would find the likeliest sequence only once."""
        return self.status == 400 and any(b"greedy sampling" in piece for piece in self.pieces)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Emulation:
    """An application around the engine's that understands the dropped fields; all else passes untouched.

    It works on what the guard in front of it has read.

    Args:
        app: the engine's application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._client = Client(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; a client that leaves ends the request to the engine too."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in PATHS:
            await self._app(scope, receive, send)
            return
        request = scope.get(CONTENT, {})
        if not any(name.startswith(MARKERS) for name in request):
            await self._app(scope, receive, send)
            return
        # What comes after it is the client's leaving.
        await collected(receive)
        try:
            await self._emulate(_modern(request), scope, receive, send)
        except BadRequestError as error:
            response = answers.error(error.status, str(error), "BadRequestError", param=error.param)
            await response(scope, receive, send)

    async def _emulate(self, request: Json, scope: Scope, receive: Receive, send: Send) -> None:
        fields = Fields.of(request)
        chosen = candidates(request, fields, scope["path"] == CHAT) if fields else None
        if chosen is None:
            await self._pass(request, scope, receive, send)
            return
        answer = await unless_left(receive, self._answer(chosen, scope))
        if answer and answer.refuses_to_be_greedy and request.get("temperature") is None:
            # The temperature of the model's generation config is 0, which only the engine knows.
            await self._emulate({**request, "temperature": 0}, scope, receive, send)
        elif answer:
            await answer(scope, receive, send)

    async def _pass(self, request: Json, scope: Scope, receive: Receive, send: Send) -> None:
        """Has the engine answer the client."""
        body = json.dumps({name: request[name] for name in request if name != "best_of"}).encode()
        length = (b"content-length", str(len(body)).encode())
        headers = [*_without(OF_THE_BODY, scope["headers"]), length]
        await self._app({**scope, "headers": headers}, replay([whole(body)], receive), send)

    async def _answer(self, chosen: Candidates, scope: Scope) -> Answer:
        """Has the engine generate all candidates, and answers with the best."""
        headers = _without(OF_THE_CONNECTION, scope["headers"])
        body = json.dumps(chosen.request).encode()
        query = scope["query_string"]
        async with self._client.stream("POST", scope["path"], query=query, headers=headers, body=body) as response:
            content = await response.read()
            if response.status != 200:
                return Answer(response.status, response.headers, (content,))
            return _answer_with(chosen, orjson.loads(content), response.headers)


def emulating(engine: Engine) -> Engine:
    """The engine with an application that understands the dropped fields."""
    return Layer(engine, Emulation(engine.app))


def _modern(request: Json) -> Json:
    """The request in today's terms, where it has only to be said otherwise."""
    if request.get(BACKEND) is not None:
        _say_that_the_backend_is_fixed()
    present = {name: value for name, value in request.items() if value is not None or name not in NULLABLE}
    return with_structured_outputs(present)


def _without(names: frozenset[bytes], headers: Iterable[Header]) -> tuple[Header, ...]:
    return tuple((name, value) for name, value in headers if name not in names)


def _answer_with(chosen: Candidates, response: Json, headers: Iterable[Header]) -> Answer:
    best = chosen.best(response)
    kept = _without(OF_THE_ANSWER, headers)
    if chosen.stream is not None:
        kind = (b"content-type", b"text/event-stream; charset=utf-8")
        return Answer(200, (*kept, kind), tuple(events(best, chosen.stream)))
    content = orjson.dumps(best)
    length = (b"content-length", str(len(content)).encode())
    return Answer(200, (*kept, (b"content-type", b"application/json"), length), (content,))


@cache
def _say_that_the_backend_is_fixed() -> None:
    log.warning("guided_decoding_backend is ignored: vLLM no longer takes a backend for each request.")
