"""Requests and answers in the schema of Bedrock (`option.bedrock_compat`): DJL Serving's `3p`."""

from collections.abc import Mapping
from typing import Any

import orjson

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation import kinds
from dragoman.platforms.lmi.generation.kinds import Kind
from dragoman.platforms.lmi.generation.lines import chunk_of, framed
from dragoman.platforms.lmi.generation.reasons import finish_reason
from dragoman.platforms.lmi.generation.request import Wire

Json = dict[str, Any]

FORWARDED_API = "x-amzn-sagemaker-forwarded-api"
STREAMING = "InvokeEndpointWithResponseStream"
# Bedrock's name, LMI's name, what it may hold, and what it is where it is not given.
FIELDS: tuple[tuple[str, str, Kind, float], ...] = (
    ("temperature", "temperature", kinds.NUMBER, 0.5),
    ("top_p", "top_p", kinds.NUMBER, 0.9),
    ("max_gen_len", "max_new_tokens", kinds.INTEGER, 512),
)


def parameters_of(content: Mapping[str, Any]) -> Json:
    """The parameters of such a request by LMI's names.

    Raises:
        PayloadError: one of them is of a wrong type.
    """
    given = ((name, ours, kind, content.get(name)) for name, ours, kind, _ in FIELDS)
    known = {ours: kind.of(name, value) for name, ours, kind, value in given if value is not None}
    return {ours: default for _, ours, _, default in FIELDS} | known


def streams(headers: Mapping[str, str]) -> bool:
    """Whether the answer is a stream, which only SageMaker's own header says."""
    return headers.get(FORWARDED_API) == STREAMING


class BedrockAnswers:
    """``body``, ``metering`` and ``content_type`` as DJL Serving's formatters `3p` and `3p_stream` write them.

    Args:
        wire: how the answer travels.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._started = False

    def whole(self, answer: Json) -> bytes:
        """The text and how many tokens there are."""
        return orjson.dumps(_answer(answer["choices"][0], answer["usage"], first=True, wire=Wire.JSON))

    def piece(self, event: bytes) -> bytes:
        """A line; only the first one tells how many tokens the prompt has."""
        chunk = chunk_of(event)
        if not chunk.get("choices"):
            return b""
        first, self._started = not self._started, True
        answer = _answer(chunk["choices"][0], chunk["usage"], first, Wire.LINES)
        return framed(orjson.dumps(answer), self._wire)

    def end(self) -> bytes:
        """Nothing: the last line has a `stop_reason`."""
        return b""

    def failure(self, error: HandlerError) -> bytes:
        """An error where a line would be."""
        return framed(error.line(), self._wire)


def _answer(choice: Json, usage: Json, first: bool, wire: Wire) -> Json:
    body = {
        "generation": choice["text"],
        "prompt_token_count": usage["prompt_tokens"] if first else None,
        "generation_token_count": usage["completion_tokens"],
        "stop_reason": finish_reason(choice),
    }
    metering = {"inputTokenCount": usage["prompt_tokens"]} if first else {}
    metering |= {"outputTokenCount": usage["completion_tokens"]}
    return {"body": body, "metering": metering, "content_type": wire.value}
