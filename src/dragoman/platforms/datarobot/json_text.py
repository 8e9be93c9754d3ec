"""JSON of what custom.py makes, which may be more than orjson writes."""

import json
from typing import NoReturn

import orjson


def json_text(content: object) -> bytes:
    """The content as JSON; numbers as keys, long numbers and half surrogate pairs as Python's ``json`` writes them.

    Raises:
        ValueError: it holds what JSON does not; the message is of which kind that is.
    """
    try:
        return orjson.dumps(content)
    except TypeError:
        return _text(content).encode()


def _text(content: object) -> str:
    try:
        return json.dumps(content, default=_refuse)
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _refuse(held: object) -> NoReturn:
    raise ValueError(type(held).__name__)
