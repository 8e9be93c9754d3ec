"""Chats in the words of rolling batch."""

from collections.abc import Iterable
from typing import Any

import orjson

from dragoman.engine.chunks import DONE
from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.lines import chunk_of, framed
from dragoman.platforms.lmi.generation.reasons import finish_reason
from dragoman.platforms.lmi.generation.request import Wire

Json = dict[str, Any]

HEAD = ("id", "object", "created")
USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")


class Chat:
    """The engine's chats without its model, their ends in LMI's words, as DJL Serving's output formatters write them.

    Args:
        wire: how the answer travels.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def whole(self, answer: Json) -> bytes:
        """A chat completion."""
        choices = [_choice(choice, {"message": _message(choice["message"])}) for choice in answer["choices"]]
        return orjson.dumps(_only(HEAD, answer) | {"choices": choices, "usage": _only(USAGE, answer["usage"])})

    def piece(self, event: bytes) -> bytes:
        """A chunk of a chat completion."""
        chunk = chunk_of(event)
        if not chunk:
            return b""
        choices = [_choice(choice, {"delta": choice["delta"] or {"content": ""}}) for choice in chunk["choices"]]
        usage = {"usage": _only(USAGE, chunk["usage"])} if chunk.get("usage") else {}
        return framed(orjson.dumps(_only(HEAD, chunk) | {"choices": choices} | usage), self._wire)

    def end(self) -> bytes:
        """What OpenAI's clients take for the end of a stream of events."""
        return DONE if self._wire is Wire.EVENTS else b""

    def failure(self, error: HandlerError) -> bytes:
        """An error where a chunk would be."""
        return framed(error.line(), self._wire)


def _choice(choice: Json, said: Json) -> Json:
    ending = {"logprobs": choice.get("logprobs"), "finish_reason": finish_reason(choice)}
    return {"index": choice["index"]} | said | ending


def _message(message: Json) -> Json:
    """The role, the content and what else there is."""
    rest = {name: value for name, value in message.items() if value}
    return {"role": message["role"], "content": message["content"]} | rest


def _only(names: Iterable[str], source: Json) -> Json:
    return {name: source[name] for name in names}
