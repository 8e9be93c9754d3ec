"""An engine that does what a test tells it, step by step, in vLLM's words, and a worker around it."""

import asyncio
import json
import queue
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import nullcontext
from functools import partial
from threading import Event
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.platforms.plain.app import around, probe, refused
from dragoman.serving.entrance.access import Access
from dragoman.serving.entrance.authenticated import authenticated
from dragoman.serving.lifecycle import UNDER_WAY, Lifecycle, Status
from dragoman.serving.observing.metrics import WorkerMetrics
from dragoman.serving.probes import while_away
from tests.browsers.serving import Opened

PATIENCE = 20.0
TICK = 0.005
BROKEN = b""
MODELS = ({"id": "mini", "object": "model", "parent": None}, {"id": "pirate", "object": "model", "parent": "mini"})
SETTINGS = {"ui": True}

Json = dict[str, Any]


def delta(text: str, finish: str | None = None) -> Json:
    """An event with a piece of an answer."""
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def usage(tokens: int) -> Json:
    """The last event, which tells how long the answer was."""
    return {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": tokens, "total_tokens": 3 + tokens}}


class Engine:
    """Args:
    tasks: what its model does.
    answers: bodies of the answers to POSTs on other routes than the chat.
    """

    slots: int | None = None

    def __init__(self, *tasks: str, answers: Mapping[str, Json] | None = None) -> None:
        self.tasks = frozenset(tasks)
        self.metrics = ""
        self.well = True
        self.refusal: tuple[int, Json, dict[str, str]] | None = None
        self.left = Event()
        self._answers = answers or {}
        self._requests: queue.Queue[Json] = queue.Queue()
        self._events: deque[bytes | None] = deque()
        self.app: ASGIApp = Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/metrics", self._metrics),
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                *(Route(path, self._answer, methods=["POST"]) for path in self._answers),
            ]
        )

    def healthy(self) -> bool:
        return self.well

    async def death(self) -> str:
        raise NotImplementedError

    def asked(self) -> Json:
        """Waits for the next request's body."""
        return self._requests.get(timeout=PATIENCE)

    def says(self, *events: Json) -> None:
        """Sends these events of the answer."""
        self._events.extend(f"data: {json.dumps(event)}\n\n".encode() for event in events)

    def ends(self) -> None:
        """Ends the answer as vLLM does."""
        self._events.extend((b"data: [DONE]\n\n", None))

    def dies(self) -> None:
        """Breaks the connection."""
        self._events.append(BROKEN)

    def refuses(self, status: int, message: str, **headers: str) -> None:
        """Answers so from now on."""
        error = {"message": message, "type": "BadRequestError", "param": None, "code": status}
        self.refusal = (status, {"error": error}, headers)

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": MODELS})

    async def _metrics(self, request: Request) -> Response:
        return PlainTextResponse(self.metrics)

    async def _answer(self, request: Request) -> Response:
        self._requests.put(await request.json())
        return JSONResponse(self._answers[request.url.path])

    async def _chat(self, request: Request) -> Response:
        self._requests.put(await request.json())
        if self.refusal:
            status, body, headers = self.refusal
            return JSONResponse(body, status, headers)
        self._events.clear()
        self.left.clear()
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[bytes]:
        try:
            while (event := await self._next()) is not None:
                if event is BROKEN:
                    raise ConnectionError("the engine dies")
                yield event
        finally:
            self.left.set()

    async def _next(self) -> bytes | None:
        while not self._events:
            await asyncio.sleep(TICK)
        return self._events.popleft()


class Worker:
    """The worker's application around an engine, as the doorman or the server process answers.

    Args:
        engine: the engine.
        keys: what opens it.
    """

    def __init__(self, engine: Engine, *keys: str) -> None:
        self.engine = engine
        self.lifecycle = Lifecycle(0)
        self.metrics = WorkerMetrics("plain", 0)
        own = partial(probe, settings=SETTINGS)
        served = around(engine, self.lifecycle, self.metrics, SETTINGS)
        self._served = authenticated(served, Access.of(keys), own, partial(refused, settings=SETTINGS))
        self._away = while_away(own, self.lifecycle)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        away = self.lifecycle.status in UNDER_WAY
        await (self._away if away else self._served)(scope, receive, send)

    @property
    def opened(self) -> Opened:
        """What `serve` takes."""
        return lambda: nullcontext(self)

    def serves(self, boot: Json | None = None) -> None:
        """The engine is there."""
        self.lifecycle.boot = boot
        self.lifecycle.enter(Status.READY)

    def starts(self, status: Status, phase: str, boot: Json) -> None:
        """The engine is being started."""
        self.lifecycle.start = lambda: boot
        self.lifecycle.enter(status, phase)
