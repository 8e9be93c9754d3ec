"""An engine that answers as it is told, and the options of a worker that nobody configured."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from dragoman.platforms.runpod.jobs.options import Options
from dragoman.settings.values import Value

# Bytes are sent, an exception is raised, and an event is waited for; None leaves the answer without its end.
Step = bytes | Exception | asyncio.Event | None


DEFAULTS = Options(
    served_models=("m",),
    default_batch_size=50,
    default_min_batch_size=1,
    default_batch_size_growth_factor=3,
    batch_max_delay_ms=0,
    default_max_tokens=16,
    standard_output="runpod",
    raw_openai_output=True,
    allow_openai_format=True,
    request_timeout=60,
)


def options(**changes: Value) -> Options:
    """The documented defaults, but for the delay: batches strictly by count."""
    return replace(DEFAULTS, **changes)


@dataclass
class Answer:
    """One answer: its steps one after the other."""

    steps: Sequence[Step]
    status: int = 200
    content_type: str = "application/json"


def as_json(content: object, status: int = 200) -> Answer:
    return Answer([orjson.dumps(content)], status)


def as_stream(*steps: Step) -> Answer:
    return Answer(steps, content_type="text/event-stream; charset=utf-8")


def event(content: object) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"


DONE = b"data: [DONE]\n\n"


@dataclass
class ScriptedEngine:
    """Gives each path its answer, and remembers what it was asked and how many requests are under way."""

    answers: dict[str, Answer]
    asked: list[Request] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    running: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.running += 1
        self.begun.set()
        try:
            await self._answer(scope, receive, send)
        finally:
            self.running -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.asked.append(request)
        self.bodies.append(orjson.loads(body) if body else None)
        answer = self.answers[scope["path"]]
        headers = [(b"content-type", answer.content_type.encode())]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        for step in answer.steps:
            if isinstance(step, Exception):
                raise step
            if step is None:
                return
            if isinstance(step, asyncio.Event):
                if not await self._reached(step, receive):
                    return
            else:
                await send({"type": "http.response.body", "body": step, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _reached(self, step: asyncio.Event, receive: Receive) -> bool:
        """Whether the event came, and not the client's leaving."""
        waits = asyncio.create_task(step.wait()), asyncio.create_task(receive())  # type: ignore[arg-type,var-annotated]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        if not step.is_set():
            self.left.set()
        return step.is_set()
