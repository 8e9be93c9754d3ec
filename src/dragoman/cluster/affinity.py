"""Which conversation a request belongs to: its prefix is in the cache of the replica that had its last turn."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson

Headers = Iterable[tuple[bytes, bytes]]

# Ray Serve's header for the same purpose.
SESSION = b"x-session-id"
# OpenAI's field for the same purpose.
CACHE_KEY = "prompt_cache_key"
# Where dialects put what another dialect has at the top: RunPod's jobs, and OpenAI's requests in them.
WRAPPERS = ("input", "openai_input", "body")
TEXTS = ("prompt", "inputs", "input", "token_ids")
# Anthropic's mark of where the cache is to end, which clients move from turn to turn.
MARK = "cache_control"
# A text has no turns: its beginning, in characters or tokens, stands for the conversation.
HEAD = 256
# A body that is larger is not looked into, in bytes; a million tokens of text are no more.
LARGEST = 4 * 2**20


def conversation(headers: Headers, body: bytes) -> bytes | None:
    """The key that all requests of a conversation share.

    Args:
        headers: the request's, with names in lower case.
        body: the request's.

    Returns:
        What the client names it by (``x-session-id``, ``prompt_cache_key``), else what its turns have in common: the
        messages up to the first of a user, or the beginning of a text. None for requests of no conversation.
    """
    named = next((value for name, value in headers if name == SESSION), None)
    if named:
        return named
    return _within(_parsed(body))


def _parsed(body: bytes) -> object:
    if len(body) > LARGEST or not body.lstrip().startswith(b"{"):
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _within(content: object) -> bytes | None:
    while isinstance(content, Mapping):
        if key := _key(content):
            return key
        content = next((content[name] for name in WRAPPERS if isinstance(content.get(name), Mapping)), None)
    return None


def _key(content: Mapping[str, Any]) -> bytes | None:
    if isinstance(named := content.get(CACHE_KEY), str) and named:
        return named.encode(errors="replace")
    messages = content.get("messages")
    if isinstance(messages, list) and messages:
        return _digest(_opening(messages))
    text = next((content[name] for name in TEXTS if isinstance(content.get(name), str | list) and content[name]), None)
    return None if text is None else _digest(_head(text))


def _opening(messages: Sequence[Any]) -> Sequence[Any]:
    """The messages up to the first of a user, which every later turn repeats."""
    roles = [message.get("role") if isinstance(message, Mapping) else None for message in messages]
    first = roles.index("user") if "user" in roles else 0
    return [_said(message) for message in messages[: first + 1]]


def _said(message: object) -> object:
    """A message, the same whether its text is one piece or a list of one, and without marks."""
    if not isinstance(message, Mapping):
        return message
    content = message.get("content")
    pieces = [_piece(piece) for piece in content] if isinstance(content, list) else [content]
    return {**_unmarked(message), "content": pieces}


def _piece(piece: object) -> object:
    if not isinstance(piece, Mapping):
        return piece
    return piece["text"] if isinstance(piece.get("text"), str) else _unmarked(piece)


def _unmarked(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in content.items() if name != MARK}


def _head(text: str | list[Any]) -> object:
    """The beginning of a text, of the first of several, or of a list of tokens or messages."""
    while isinstance(text, list) and text[0] and isinstance(text[0], str | list):
        text = text[0]
    return _opening(text) if isinstance(text[0], Mapping) else text[:HEAD]


def _digest(content: object) -> bytes | None:
    try:
        told = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # It is nested more deeply than any worker takes.
        return None
    return blake2b(told, digest_size=16).digest()
