"""An engine that answers as vLLM does, repeating what it is asked, and whose troubles are made up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dragoman.engine.messages import unless_left

Json = dict[str, Any]

CHAT = "/v1/chat/completions"
DONE = b"data: [DONE]\n\n"
METRICS = "# HELP vllm:running Requests.\n# TYPE vllm:running gauge\nvllm:running 1.0\n"
MODELS = {
    "object": "list",
    "data": [{"id": "datarobot-deployed-llm", "object": "model"}, {"id": "other", "object": "permission"}],
}


@dataclass
class Trouble:
    """What goes wrong.

    Args:
        refusal: status and message in place of an answer.
        event: in a stream, the event in place of the chunks from `after` on; the stream ends with it.
        raises: what the application raises in place of the chunks from `after` on, and of a whole answer.
        ends: whether a stream ends without its end in place of the chunks from `after` on.
        waits: what is waited for before the chunks from `after` on, and before a whole answer.
        after: how many chunks come before.
    """

    refusal: tuple[int, str] | None = None
    event: bytes | None = None
    raises: Exception | None = None
    ends: bool = False
    waits: asyncio.Event | None = None
    after: int = 0


@dataclass
class Seen:
    """A request that the engine saw."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Json:
        content: Json = orjson.loads(self.body)
        return content


@dataclass
class VllmLike:
    """The engine.

    Args:
        trouble: what goes wrong.
        troubles: what goes wrong instead for a chat whose last message is this.
        models: the names by which it knows its model; None where it needs none.
    """

    trouble: Trouble = field(default_factory=Trouble)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    models: Sequence[str | None] = ("datarobot-deployed-llm",)
    tasks: frozenset[str] = frozenset(("generate",))
    slots: int | None = None
    well: bool = True
    seen: list[Seen] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    started: asyncio.Event = field(default_factory=asyncio.Event)
    aborted: list[str] = field(default_factory=list)

    def healthy(self) -> bool:
        return self.well

    async def death(self) -> str:
        raise NotImplementedError

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    @property
    def prompts(self) -> list[str]:
        """The last messages of the chats that it saw."""
        return [_prompt(seen.content) for seen in self.seen if seen.target == CHAT]

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.seen.append(Seen(request.method, target, dict(request.headers), body))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.started.set()

        async def answer() -> bool:
            await self._answer(request, body)(scope, _forever, send)
            return True

        try:
            if not await unless_left(receive, answer()):
                self.aborted.append(_prompt(orjson.loads(body)) if request.url.path == CHAT else target)
        finally:
            self.under_way -= 1

    def _answer(self, request: Request, body: bytes) -> "_Later":
        return _Later(self._response(request, body))

    async def _response(self, request: Request, body: bytes) -> Response:
        match request.url.path:
            case "/v1/chat/completions":
                return await self._chat(orjson.loads(body))
            case "/v1/models":
                return self._refused(self.trouble) or JSONResponse(MODELS)
            case "/metrics":
                return PlainTextResponse(METRICS)
            case "/v1/completions" | "/version" | "/tokenize":
                await self._meet(self.trouble)
                return PlainTextResponse(f"{request.method} {request.url.path}", headers={"x-engine": "vllm"})
        return JSONResponse({"detail": "Not Found"}, 404)

    async def _chat(self, asked: Json) -> Response:
        trouble = self.troubles.get(_prompt(asked), self.trouble)
        if asked.get("model") not in self.models:
            trouble = Trouble(refusal=(404, f"The model `{asked.get('model')}` does not exist."))
        if refused := self._refused(trouble):
            return refused
        if asked.get("stream"):
            return StreamingResponse(self._stream(asked, trouble), media_type="text/event-stream")
        await self._meet(trouble)
        choices = [
            {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            for index, text in enumerate(_texts(asked))
        ]
        return JSONResponse(_frame(asked, "chat.completion") | {"choices": choices})

    async def _stream(self, asked: Json, trouble: Trouble) -> AsyncIterator[bytes]:
        for count, text in enumerate(_texts(asked)[0]):
            if count == trouble.after:
                await self._meet(trouble)
                if trouble.event:
                    yield trouble.event
                if trouble.event or trouble.ends:
                    return
            choice = {"index": 0, "delta": {"content": text}}
            yield b"data: " + orjson.dumps(_frame(asked, "chat.completion.chunk") | {"choices": [choice]}) + b"\n\n"
        yield DONE

    def _refused(self, trouble: Trouble) -> Response | None:
        return trouble.refusal and JSONResponse(error(*trouble.refusal), trouble.refusal[0])

    async def _meet(self, trouble: Trouble) -> None:
        if trouble.waits:
            await trouble.waits.wait()
        if trouble.raises:
            raise trouble.raises


@dataclass(frozen=True)
class _Later:
    """A response that is yet to be made."""

    coming: Any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self.coming)(scope, receive, send)


def error(code: int, message: str) -> Json:
    """OpenAI's error as vLLM has it."""
    return {"error": {"message": message, "type": "BadRequestError", "param": None, "code": code}}


def _frame(asked: Json, kind: str) -> Json:
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": asked.get("model")}


def _texts(asked: Json) -> list[str]:
    """As many answers as were asked for, each with its number but for the first."""
    prompt = _prompt(asked)
    return [f"R{number or ''}:{prompt}" for number in range(asked.get("n") or 1)]


def _prompt(asked: Json) -> str:
    return str(asked["messages"][-1]["content"])


async def _forever() -> Json:
    return await asyncio.Future()
