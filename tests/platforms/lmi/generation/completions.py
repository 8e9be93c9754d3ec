"""Completions in the engine's form, and what shapes make of them."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from dragoman.platforms.lmi.generation.request import Form, Request
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.responses import Shape
from dragoman.settings.values import Value

Json = dict[str, Any]
Spoken = tuple[int, str, float]

PROMPT = "This is a wonderful day"
TOKENS: list[Spoken] = [(244, "He", -0.334532), (576, "llo", -0.123123), (4558, " world", -0.567854)]
EOS: Spoken = (2, "</s>", -0.01)
USAGE = {"prompt_tokens": 5, "total_tokens": 8, "completion_tokens": 3}
DONE = b"data: [DONE]\n\n"
ROLLING = Options(model_name="model", model_url="/m", served_model_name=("model",), rolling_batch="vllm")
TGI = Options(model_name="model", model_url="/m", served_model_name=("model",), rolling_batch="vllm", tgi_compat=True)
NEWEST = Options(model_name="model", model_url="/m", served_model_name=("model",))


def request(**how: Value) -> Request:
    given = {"path": "/v1/completions", "body": {}, "form": Form.GENERATED, "prompts": (PROMPT,)}
    return Request(**{**given, **how})


def choice(
    tokens: Sequence[Spoken] = (), text: str | None = None, end: str | None = None, by: object = None, index: int = 0
) -> Json:
    ids, texts, values = [list(column) for column in zip(*tokens, strict=True)] if tokens else ([], [], [])
    said = "".join(token[1] for token in tokens) if text is None else text
    logprobs = {"tokens": texts, "token_logprobs": values, "top_logprobs": [{token[1]: token[2]} for token in tokens]}
    ending = {"finish_reason": end, "stop_reason": by, "token_ids": ids, "prompt_token_ids": [4, 5, 6, 7, 8]}
    return {"index": index, "text": said, "logprobs": logprobs if tokens else None} | ending


def completion(*choices: Json) -> Json:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "model"}
    return head | {"choices": list(choices), "usage": USAGE}


def event(*choices: Json) -> bytes:
    return sse(completion(*choices))


def sse(content: Json) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"


def streamed(shape: Shape, events: Iterable[bytes]) -> bytes:
    return b"".join([*map(shape.piece, events), shape.end()])


def lines(shape: Shape, events: Iterable[bytes]) -> list[Json]:
    return [orjson.loads(line) for line in streamed(shape, events).splitlines()]


def texts(told: Iterable[Json]) -> list[str]:
    return [line["token"]["text"] for line in told]
