"""An engine that answers as vLLM does, one token after the other, and whose troubles are made up."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dragoman.engine.messages import unless_left

Json = dict[str, Any]

VOCABULARY = {244: "He", 576: "llo", 4558: " world"}
LOGPROBS = {244: -0.334532, 576: -0.123123, 4558: -0.567854}
PROMPT_TOKENS = 5
CHAT = "/v1/chat/completions"
GENERATING = frozenset((CHAT, "/v1/completions"))
METRICS = "# HELP vllm:running Requests.\n# TYPE vllm:running gauge\nvllm:running 1.0\n"
DONE = b"data: [DONE]\n\n"


@dataclass
class Trouble:
    """What goes wrong.

    Args:
        refusal: status and body in place of an answer.
        event: in a stream, the event in place of the tokens from `after` on; the stream ends with it.
        raises: what the application raises in place of the tokens from `after` on, and of a whole answer.
        ends: whether a stream ends without its end in place of the tokens from `after` on.
        waits: what is waited for before the tokens from `after` on, and before a whole answer.
        after: how many tokens come before.
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
    path: str
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
        api_key: the key that it asks for under /v1.
        trouble: what goes wrong.
        tokens: what it generates, whatever it is asked.
        tasks: what the model can do.
    """

    api_key: str | None = None
    trouble: Trouble = field(default_factory=Trouble)
    tokens: Sequence[int] = (244, 576, 4558)
    tasks: frozenset[str] = frozenset(("generate",))
    slots: int | None = None
    well: bool = True
    seen: list[Seen] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    aborted: asyncio.Event = field(default_factory=asyncio.Event)
    _generating: bool = False

    def healthy(self) -> bool:
        return self.well

    async def death(self) -> str:
        raise NotImplementedError

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.seen.append(Seen(request.method, request.url.path, dict(request.headers), body))
        self.started.set()

        async def answer() -> None:
            await (await self._answer(request, body))(scope, _forever, send)

        self._generating = request.url.path in GENERATING
        await unless_left(receive, answer())
        if self._generating:
            self.aborted.set()

    async def _answer(self, request: Request, body: bytes) -> Response:
        path = request.url.path
        if self.api_key and path.startswith("/v1") and request.headers.get("authorization") != f"Bearer {self.api_key}":
            return JSONResponse({"error": "Unauthorized"}, 401)
        if self.trouble.refusal:
            status, text = self.trouble.refusal
            return PlainTextResponse(text, status, media_type="application/json")
        match path:
            case "/v1/completions" | "/v1/chat/completions":
                return await self._generate(path == CHAT, orjson.loads(body))
            case "/detokenize":
                return JSONResponse({"prompt": "".join(VOCABULARY[token] for token in orjson.loads(body)["tokens"])})
            case "/metrics":
                return PlainTextResponse(METRICS)
            case "/v1/models" | "/version" | "/v1/embeddings":
                return PlainTextResponse(f"{request.method} {path}")
        return JSONResponse({"detail": "Not Found"}, 404)

    async def _generate(self, chat: bool, asked: Json) -> Response:
        answer = _Answer(chat, asked, self.tokens)
        if asked.get("stream"):
            return StreamingResponse(self._stream(answer), media_type="text/event-stream")
        await self._meet_trouble()
        self._generating = False
        return JSONResponse(answer.whole())

    async def _stream(self, answer: "_Answer") -> AsyncIterator[bytes]:
        for count, event in enumerate(answer.events()):
            if count == self.trouble.after:
                await self._meet_trouble()
                if self.trouble.event:
                    yield self.trouble.event
                if self.trouble.event or self.trouble.ends:
                    return
            yield event
        self._generating = False
        yield DONE

    async def _meet_trouble(self) -> None:
        if self.trouble.waits:
            await self.trouble.waits.wait()
        if self.trouble.raises:
            raise self.trouble.raises


@dataclass
class _Answer:
    """One answer, whole or in events."""

    chat: bool
    asked: Json
    tokens: Sequence[int]

    @property
    def frame(self) -> Json:
        return {"id": "cmpl-1", "created": 1, "model": self.asked.get("model", "lmi")}

    def whole(self) -> Json:
        count = len(self.tokens)
        choices = [
            self._choice(index, self.tokens, "length") | self._said(self.tokens, "message")
            for index in range(self._prompts())
        ]
        name = "chat.completion" if self.chat else "text_completion"
        return self.frame | {"object": name, "choices": choices, "usage": _usage(count)}

    def events(self) -> Iterator[bytes]:
        name = "chat.completion.chunk" if self.chat else "text_completion"
        for count, token in enumerate(self.tokens, 1):
            ending = "length" if count == len(self.tokens) else None
            choice = self._choice(0, [token], ending) | self._said([token], "delta")
            yield _event(self.frame | {"object": name, "choices": [choice], "usage": _usage(count)})
        if (self.asked.get("stream_options") or {}).get("include_usage"):
            yield _event(self.frame | {"object": name, "choices": [], "usage": _usage(len(self.tokens))})

    def _prompts(self) -> int:
        prompt = self.asked.get("prompt")
        return len(prompt) if isinstance(prompt, list) and not isinstance(prompt[0], int) else 1

    def _said(self, tokens: Sequence[int], name: str) -> Json:
        text = "".join(VOCABULARY[token] for token in tokens)
        return {name: {"role": "assistant", "content": text}} if self.chat else {"text": text}

    def _choice(self, index: int, tokens: Sequence[int], ending: str | None) -> Json:
        choice: Json = {"index": index, "finish_reason": ending, "stop_reason": None, "logprobs": None}
        if self.chat or self.asked.get("logprobs") is None:
            return choice
        numbered = self.asked.get("return_tokens_as_token_ids")
        names = [f"token_id:{token}" if numbered else VOCABULARY[token] for token in tokens]
        values = [LOGPROBS[token] for token in tokens]
        top = [{name: value} for name, value in zip(names, values, strict=True)]
        offsets = [0] * len(tokens)
        logprobs = {"tokens": names, "token_logprobs": values, "top_logprobs": top, "text_offset": offsets}
        return choice | {"logprobs": logprobs, "token_ids": list(tokens)}


def error(message: str, code: int) -> str:
    """OpenAI's error as vLLM has it."""
    body = {"error": {"message": message, "type": "BadRequestError", "param": None, "code": code}}
    return orjson.dumps(body).decode()


def _usage(count: int) -> Json:
    return {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": count, "total_tokens": PROMPT_TOKENS + count}


def _event(content: Json) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"


async def _forever() -> Json:
    return await asyncio.Future()
