"""An engine without a model: it refuses what is malformed, counts its tokens exactly, and takes its time as it is told.

Run as a program it listens until it is killed: ``python -m hardening.engine --port 8000 --pause 0.01``.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

Json = dict[str, Any]

MODEL = "dragoman-mini"
WORD = " word"
TOKEN = 7
LOGPROB = -0.5
DEFAULT_TOKENS = 16
MOST_TOKENS = 4096
MOST_CHOICES = 128
PROMPT_TOKENS = 5
CHAT = "/v1/chat/completions"
DONE = b"data: [DONE]\n\n"
METRICS = "# HELP vllm:num_requests_running Requests.\n# TYPE vllm:num_requests_running gauge\n"


class RefusedError(Exception):
    """The request is malformed; the text says how."""


@dataclass(frozen=True)
class Question:
    """A request that can be answered."""

    chat: bool
    tokens: int
    choices: int
    streams: bool
    usage: bool
    logprobs: bool

    @classmethod
    def read(cls, path: str, content: bytes) -> "Question":
        """Read a body.

        Raises:
            RefusedError: vLLM would answer 400.
        """
        asked = parsed(content)
        chat = path == CHAT
        subject = asked.get("messages" if chat else "prompt")
        if not isinstance(subject, list | str) or (chat and not _are_messages(subject)):
            raise RefusedError("there is nothing to answer")
        return cls(
            chat=chat,
            tokens=_count(asked, ("max_completion_tokens", "max_tokens"), DEFAULT_TOKENS, MOST_TOKENS),
            choices=_count(asked, ("n",), 1, MOST_CHOICES) * (1 if chat else _prompts(subject)),
            streams=asked.get("stream") is True,
            usage=isinstance(options := asked.get("stream_options"), dict) and options.get("include_usage") is True,
            logprobs=bool(asked.get("logprobs")) or asked.get("logprobs") == 0,
        )

    def whole(self) -> Json:
        """Answer in one piece."""
        choices = [self._choice(index, self.tokens, "length") for index in range(self.choices)]
        return self._frame("", choices) | {"usage": self._usage(self.tokens)}

    async def events(self, pause: float) -> AsyncIterator[bytes]:
        """Answer token by token.

        Args:
            pause: seconds before each.
        """
        for count in range(1, self.tokens + 1):
            await asyncio.sleep(pause)
            ending = "length" if count == self.tokens else None
            choices = [self._choice(index, 1, ending) for index in range(self.choices)]
            yield _event(self._frame(".chunk", choices) | ({"usage": self._usage(count)} if self.usage else {}))
        if self.usage:
            yield _event(self._frame(".chunk", []) | {"usage": self._usage(self.tokens)})
        yield DONE

    def _frame(self, suffix: str, choices: list[Json]) -> Json:
        kind = f"chat.completion{suffix}" if self.chat else "text_completion"
        return {"id": "cmpl-1", "object": kind, "created": 1, "model": MODEL, "choices": choices}

    def _choice(self, index: int, tokens: int, ending: str | None) -> Json:
        text = WORD * tokens
        said = {("delta" if self.streams else "message"): {"role": "assistant", "content": text}}
        choice: Json = {"index": index, "finish_reason": ending, "stop_reason": None}
        return choice | (said | self._chat_logprobs(tokens) if self.chat else {"text": text} | self._logprobs(tokens))

    def _chat_logprobs(self, tokens: int) -> Json:
        entry = {"token": WORD, "logprob": LOGPROB, "bytes": list(WORD.encode()), "top_logprobs": []}
        return {"logprobs": {"content": [entry] * tokens} if self.logprobs else None}

    def _logprobs(self, tokens: int) -> Json:
        names = [f"token_id:{TOKEN}"] * tokens
        told = {"tokens": names, "token_logprobs": [LOGPROB] * tokens, "text_offset": [0] * tokens}
        top = {"top_logprobs": [{names[0]: LOGPROB}] * tokens}
        return {"logprobs": told | top if self.logprobs else None, "token_ids": [TOKEN] * tokens}

    def _usage(self, tokens: int) -> Json:
        count = tokens * self.choices
        return {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": count, "total_tokens": PROMPT_TOKENS + count}


def parsed(content: bytes) -> Json:
    """Read a body as vLLM does.

    Raises:
        RefusedError: it is not a JSON object.
    """
    try:
        asked = json.loads(content)
    except (ValueError, RecursionError):
        raise RefusedError("the body is not JSON") from None
    if not isinstance(asked, dict):
        raise RefusedError("the body is not an object")
    return asked


def refusal(problem: str, status: int = 400) -> Response:
    """Make vLLM's error."""
    error = {"message": problem, "type": "BadRequestError", "param": None, "code": status}
    return JSONResponse({"error": error}, status)


def application(pause: float = 0.0) -> Starlette:
    """Make the application.

    Args:
        pause: seconds before each token.
    """

    async def generate(request: Request) -> Response:
        try:
            question = Question.read(request.url.path, await request.body())
        except RefusedError as error:
            return refusal(str(error))
        if question.streams:
            return StreamingResponse(question.events(pause), media_type="text/event-stream")
        await asyncio.sleep(pause * question.tokens)
        return JSONResponse(question.whole())

    return Starlette(
        routes=[
            Route(CHAT, generate, methods=["POST"]),
            Route("/v1/completions", generate, methods=["POST"]),
            Route("/tokenize", _tokenize, methods=["POST"]),
            Route("/detokenize", _detokenize, methods=["POST"]),
            Route("/v1/models", _models),
            Route("/version", _version),
            Route("/health", _health),
            Route("/metrics", _metrics),
        ],
        exception_handlers={HTTPException: _nothing},
    )


async def _tokenize(request: Request) -> Response:
    try:
        parsed(await request.body())
    except RefusedError as error:
        return refusal(str(error))
    return JSONResponse({"count": 2, "max_model_len": MOST_TOKENS, "tokens": [TOKEN, TOKEN]})


async def _detokenize(request: Request) -> Response:
    try:
        tokens = parsed(await request.body()).get("tokens")
    except RefusedError as error:
        return refusal(str(error))
    return JSONResponse({"prompt": WORD * len(tokens)}) if isinstance(tokens, list) else refusal("no tokens")


async def _models(request: Request) -> Response:
    return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model", "max_model_len": MOST_TOKENS}]})


async def _version(request: Request) -> Response:
    return JSONResponse({"version": "0.32.0"})


async def _health(request: Request) -> Response:
    return Response()


async def _metrics(request: Request) -> Response:
    return PlainTextResponse(METRICS)


async def _nothing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    await request.body()
    return refusal(error.detail, error.status_code)


def _are_messages(subject: object) -> bool:
    return isinstance(subject, list) and bool(subject) and all(isinstance(each, dict) for each in subject)


def _prompts(subject: list[object] | str) -> int:
    several = isinstance(subject, list) and bool(subject) and not isinstance(subject[0], int)
    return len(subject) if several else 1


def _count(asked: Json, names: tuple[str, ...], default: int, most: int) -> int:
    given = next((asked[name] for name in names if asked.get(name) is not None), default)
    if not isinstance(given, int) or not 1 <= given <= most:
        raise RefusedError(f"{names[0]} is no number from 1 to {most}")
    return given


def _event(content: Json) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pause", type=float, default=0.0)
    options = parser.parse_args()
    uvicorn.run(application(options.pause), host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
