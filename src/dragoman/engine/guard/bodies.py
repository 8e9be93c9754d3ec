"""The JSON that a request holds, no deeper and no fuller than it may be."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from dragoman.engine.bad_request import BadRequestError, TooLargeError
from dragoman.serving.entrance.limits import Limits
from dragoman.settings.values import Value

Json = dict[str, Any]

# A request's JSON object in its scope, for what comes behind the guard; absent where there is none.
CONTENT = "dragoman.content"
# What a body becomes in memory grows with its commas: 128 MiB at the most.
MOST_COMMAS = 2**21
# The fields that may hold tokens as numbers, many of them, by the beginnings of the paths where they may not.
TOKENS = frozenset(("prompt", "prompt_token_ids", "token_ids", "tokens", "input", "inputs"))
WITHOUT_TOKENS = ("/v1/responses", "/v1/messages")
UNREADABLE = "The request's body cannot be read: it is not UTF-8, or a number in it has too many digits."


def parsed(body: bytes, limits: Limits) -> Json | None:
    """The object that a body holds; None where it holds none, or is no JSON, which the engine has its own words for.

    Args:
        body: the body, complete.
        limits: how deep it may be.

    Raises:
        BadRequestError: it is deeper or fuller, or nobody can read it.
    """
    weigh(body, limits)
    try:
        # As vLLM reads it: orjson refuses NaN and half surrogate pairs, and rounds long numbers.
        content = _read(body, limits, json.loads)
    except json.JSONDecodeError:
        return None
    except ValueError:
        # A number of thousands of digits, or bytes that are no text: vLLM has no words for these, but FastAPI's.
        raise BadRequestError(UNREADABLE) from None
    return content if isinstance(content, dict) else None


def loaded(body: bytes, limits: Limits, loads: Callable[[bytes], Value] = json.loads) -> Value:
    """What JSON holds, for whoever reads a request before the guard does and has words of its own for what is no JSON.

    Args:
        body: the JSON, complete.
        limits: how large, how deep and how full it may be.
        loads: reads it; as vLLM does unless another one is given.

    Raises:
        BadRequestError: it is larger, deeper or fuller.
        ValueError: it is no JSON.
    """
    weigh(body, limits)
    content = _read(body, limits, loads)
    if any(depth > limits.max_json_depth for depth, _ in enumerate(_levels(content), 1)):
        raise _too_deep(limits)
    return content


def weigh(body: bytes, limits: Limits) -> None:
    """Looks how large and how full JSON is, before anybody reads it.

    Args:
        body: the body, complete.
        limits: how large it may be.

    Raises:
        BadRequestError: it is larger or fuller.
    """
    if len(body) > limits.max_body_size:
        raise TooLargeError(f"The request's body has more than {limits.max_body_size} bytes (max_body_size).")
    if body.count(b",") > MOST_COMMAS:
        raise BadRequestError(f"The request holds more than {MOST_COMMAS} commas.")


def survey(content: Json, path: str, limits: Limits) -> None:
    """Looks how deep and how full a request is.

    Args:
        content: the request.
        path: the engine's route.
        limits: how deep and how full it may be.

    Raises:
        BadRequestError: it is deeper or fuller.
    """
    values = 0
    for depth, level in enumerate(_levels(_without_tokens(content, path)), 1):
        values += sum(map(len, level))
        if depth > limits.max_json_depth:
            raise _too_deep(limits)
        if values > limits.max_json_values:
            raise BadRequestError(f"The request holds more than {limits.max_json_values} values (max_json_values).")


def held(value: Value) -> Iterator[Json]:
    """All objects in a value, itself among them, the outermost first."""
    for level in _levels(value):
        yield from (each for each in level if isinstance(each, dict))


def _read(body: bytes, limits: Limits, loads: Callable[[bytes], Value]) -> Value:
    try:
        return loads(body)
    except RecursionError:
        raise _too_deep(limits) from None


def _levels(value: Value) -> Iterator[list[Any]]:
    """The objects and lists in a value, by how deep they are."""
    level = [value] if isinstance(value, dict | list) else []
    while level:
        yield level
        values = chain.from_iterable(map(_values, level))
        level = [each for each in values if isinstance(each, dict | list)]


def _values(container: Json | list[Any]) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container


def _without_tokens(content: Json, path: str) -> Json:
    if path.startswith(WITHOUT_TOKENS):
        return content
    return {name: _thinned(value, 2) if name in TOKENS else value for name, value in content.items()}


def _thinned(value: Value, levels: int) -> Value:
    """The value without the whole numbers in it, if it is a list, or a list of lists."""
    if not levels or not isinstance(value, list):
        return value
    return [_thinned(each, levels - 1) for each in value if type(each) is not int]


def _too_deep(limits: Limits) -> BadRequestError:
    return BadRequestError(f"The request is nested more than {limits.max_json_depth} levels deep (max_json_depth).")
