"""A whole response as the events of a stream."""

from collections.abc import Iterator
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]
DONE = b"data: [DONE]\n\n"


class StreamOptions(BaseModel):
    """``stream_options`` of OpenAI and vLLM."""

    model_config = ConfigDict(frozen=True)

    include_usage: bool | None = False
    continuous_usage_stats: bool | None = False


def events(response: Json, options: StreamOptions) -> Iterator[bytes]:
    """The server-sent events that a completion or chat completion would have come in.

    Args:
        response: the response of vLLM without streaming.
        options: which of them tell the usage.
    """
    for chunk in _chunks(response, options):
        yield b"data: " + orjson.dumps(chunk) + b"\n\n"
    yield DONE


def _chunks(response: Json, options: StreamOptions) -> Iterator[Json]:
    chat = response["object"] == "chat.completion"
    frame = {"id": response["id"], "object": "chat.completion.chunk" if chat else "text_completion"}
    frame |= {"created": response["created"], "model": response["model"]} | _present(response, "system_fingerprint")
    usage = {"usage": _present(response["usage"], *response["usage"])}
    running = usage if options.include_usage and options.continuous_usage_stats else {}
    for part in _chat_parts(response) if chat else _completion_parts(response):
        yield frame | part | running
    if options.include_usage:
        yield frame | {"choices": []} | usage


def _chat_parts(response: Json) -> Iterator[Json]:
    prompt = _present(response, "prompt_token_ids", "prompt_text")
    for choice in response["choices"]:
        role = {"role": choice["message"]["role"], "content": ""}
        yield prompt | _choice(choice, {"delta": role})
    for choice in response["choices"]:
        details = {"logprobs": choice["logprobs"]} | _present(choice, "token_ids")
        yield _choice(choice, {"delta": _delta(choice["message"])} | details)
        yield _choice(choice, {"delta": {}} | _ending(choice))


def _delta(message: Json) -> Json:
    """What a message says, as one delta: its tool calls are numbered there."""
    delta = _present(message, *(name for name in message if name not in ("role", "tool_calls")))
    calls = message.get("tool_calls")
    return delta | ({"tool_calls": [{"index": i} | call for i, call in enumerate(calls)]} if calls else {})


def _completion_parts(response: Json) -> Iterator[Json]:
    for choice in response["choices"]:
        details = {"logprobs": choice["logprobs"]} | _present(choice, "prompt_token_ids", "token_ids")
        yield _choice(choice, {"text": choice["text"]} | details)
        yield _choice(choice, {"text": ""} | _ending(choice))


def _choice(choice: Json, part: Json) -> Json:
    return {"choices": [{"index": choice["index"], "logprobs": None, "finish_reason": None} | part]}


def _ending(choice: Json) -> Json:
    return {"finish_reason": choice["finish_reason"], "stop_reason": choice.get("stop_reason")}


def _present(source: Json, *names: str) -> Json:
    """Those of the fields that hold something."""
    return {name: source[name] for name in names if source.get(name) is not None}
