"""JSON as clients and workers write it: kept as bytes, read only where something in it matters."""

import json
import math
import re
from typing import cast

import orjson

_LONG_NUMBER = re.compile(rb"[0-9]{20}")
"""An integer of 20 digits may pass 64 bits; orjson reads those as floats, without a word."""


def loads(body: bytes) -> object:
    """Reads JSON, and the more that Python's ``json`` writes: integers of any size, NaN and infinities (read as null).

    Raises:
        ValueError: it is no JSON, or is nested too deeply.
    """
    if not _LONG_NUMBER.search(body):
        try:
            return cast(object, orjson.loads(body))
        except orjson.JSONDecodeError:
            pass
    try:
        return cast(object, json.loads(body, parse_constant=lambda _: None))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def dumps(value: object) -> bytes:
    """Writes JSON that every reader takes: what is not a number becomes null.

    Args:
        value: made of what JSON has: dictionaries with string keys, lists, strings, numbers, booleans, None.

    Raises:
        ValueError: it is nested too deeply.
    """
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        pass
    try:
        return json.dumps(_finite(value), separators=(",", ":")).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return value
