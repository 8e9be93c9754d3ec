"""How much a request asks for: messages, sequences, log-probabilities."""

import math
from collections.abc import Iterator
from typing import Any

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard.bodies import Json
from dragoman.serving.entrance.limits import Limits
from dragoman.settings.values import Value

# A message each, or a conversation each.
CONVERSATIONS = ("messages", "input")
# A sequence each, by the engine's routes' own names, unless they are tokens.
SEQUENCES = (
    *("prompt", "input", "inputs", "texts", "images", "documents", "queries", "items", "data", "prompt_embeds"),
    *("text_1", "text_2", "data_1", "data_2", "query", "messages"),
)
ANSWERS = ("n", "best_of")
LOGPROBS = ("logprobs", "top_logprobs", "prompt_logprobs")
# The field of vLLM's token-in, token-out route that holds what other routes have beside the prompt.
NESTED = "sampling_params"


def check(content: Json, limits: Limits) -> None:
    """Looks at all that is counted.

    Raises:
        BadRequestError: it is more than it may be.
    """
    for fields in parameters(content):
        _check_answers(fields, limits)
        _check_logprobs(fields, limits)
    _check_messages(content, limits)
    _check_sequences(content, limits)


def parameters(content: Json) -> Iterator[Json]:
    """The objects that may hold sampling parameters: the request, and the one in it on vLLM's token-in route."""
    yield content
    if isinstance(nested := content.get(NESTED), dict):
        yield nested


def _check_answers(fields: Json, limits: Limits) -> None:
    for name in ANSWERS:
        if _number(fields.get(name)) > limits.max_n:
            raise BadRequestError(f"{name} must be at most {limits.max_n} (max_n).", name)


def _check_logprobs(fields: Json, limits: Limits) -> None:
    if limits.max_logprobs < 0:
        return
    for name in LOGPROBS:
        if not 0 <= _number(fields.get(name)) <= limits.max_logprobs:
            raise BadRequestError(f"{name} must be from 0 to {limits.max_logprobs} (max_logprobs).", name)


def _check_messages(content: Json, limits: Limits) -> None:
    for name in CONVERSATIONS:
        for conversation in _conversations(content.get(name)):
            if len(conversation) > limits.max_messages:
                message = f"A conversation may have at most {limits.max_messages} messages (max_messages)."
                raise BadRequestError(message, name)


def _conversations(value: Value) -> Iterator[list[Any]]:
    """The lists of messages in a field that holds one of them, or a list of them."""
    if not isinstance(value, list) or not value:
        return
    if isinstance(value[0], dict):
        yield value
    yield from (each for each in value if isinstance(each, list) and each and isinstance(each[0], dict))


def _check_sequences(content: Json, limits: Limits) -> None:
    """Limits how many sequences the engine is to work on for one request."""
    times = max(1, *(int(_number(content.get(name))) for name in ANSWERS))
    for name in SEQUENCES:
        count = _sequences(content.get(name))
        if count * times > limits.max_sequences:
            param = name if count > limits.max_sequences else next(n for n in ANSWERS if _number(content.get(n)) > 1)
            message = f"A request may ask for at most {limits.max_sequences} sequences (max_sequences)."
            raise BadRequestError(message, param)


def _sequences(value: Value) -> int:
    """How many sequences a field is: tokens are one together, and so is a conversation."""
    if not isinstance(value, list) or not value or isinstance(value[0], int):
        return 1
    return len(value)


def _number(value: Value) -> float:
    """What pydantic would take for a number, which is text too; 0 where it would take nothing."""
    if value is None or isinstance(value, bool):
        return 0
    try:
        number = float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return 0
    return 0 if math.isnan(number) else number
