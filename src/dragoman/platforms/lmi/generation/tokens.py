"""The tokens in the engine's answers."""

from collections.abc import Iterable, Mapping
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

Json = dict[str, Any]

# The name of a token under `return_tokens_as_token_ids`.
PREFIX = "token_id:"
NO_TOKEN = -1


class Token(NamedTuple):
    """A token.

    Args:
        id: its number in the tokenizer, ``NO_TOKEN`` where text stands without one.
        text: what it adds to the text.
        logprob: its log-probability, if it is known.
        special: whether it is the one that ends the text.
        alternatives: the likeliest tokens in its place, the likeliest first.
    """

    id: int
    text: str
    logprob: float | None
    special: bool = False
    alternatives: tuple["Token", ...] = ()


def tokens_of(choice: Json, vocabulary: Mapping[int, str], top: int = 0) -> list[Token]:
    """The tokens of a choice, each with the text that it has by itself.

    Args:
        choice: one of a completion or of an event of its stream, with token ids and log-probabilities.
        vocabulary: the texts of tokens that the engine tells as numbers.
        top: how many alternatives are wanted.
    """
    ids: list[int] = choice.get("token_ids") or []
    logprobs = choice.get("logprobs") or {}
    texts = (vocabulary.get(token, "") for token in ids) if top else logprobs.get("tokens") or repeat("", len(ids))
    values = logprobs.get("token_logprobs") or repeat(None, len(ids))
    tokens = [Token(*each) for each in zip(ids, texts, values, strict=True)]
    if top:
        ranks = logprobs.get("top_logprobs") or repeat(None, len(ids))
        tokens = [_beside(token, others, vocabulary, top) for token, others in zip(tokens, ranks, strict=True)]
    if tokens and choice.get("finish_reason") == "stop" and choice.get("stop_reason") is None:
        tokens[-1] = _ending(tokens[-1], choice["text"])
    return tokens


def prompt_tokens(choice: Json, vocabulary: Mapping[int, str]) -> list[Token]:
    """The tokens of the prompt; the first has no log-probability, and its text is looked up."""
    entries = choice.get("prompt_logprobs") or ()
    ids: list[int] = choice.get("prompt_token_ids") or []
    return [_prompt_token(token, entry, vocabulary) for token, entry in zip(ids, entries, strict=False)]


def numbered(choice: Json) -> Iterable[int]:
    """The ids of all tokens and alternatives that a choice tells as numbers."""
    yield from choice.get("token_ids") or ()
    for others in (choice.get("logprobs") or {}).get("top_logprobs") or ():
        yield from map(_id, others or ())


def _ending(token: Token, text: str) -> Token:
    """The token that ended the text, which it is no part of unless it stands there."""
    shown = bool(token.text) and text.endswith(token.text)
    return token._replace(text=token.text if shown else "", special=True)


def _prompt_token(token: int, entry: Json | None, vocabulary: Mapping[int, str]) -> Token:
    found = entry.get(str(token)) if entry else None
    if found is None:
        return Token(token, vocabulary.get(token, ""), None)
    return Token(token, found["decoded_token"] or "", found["logprob"])


def _beside(token: Token, others: Json | None, vocabulary: Mapping[int, str], top: int) -> Token:
    """The token with those that were likeliest in its place."""
    ranked = sorted((others or {}).items(), key=itemgetter(1), reverse=True)[:top]
    ids = [(_id(name), logprob) for name, logprob in ranked]
    return token._replace(alternatives=tuple(Token(id_, vocabulary.get(id_, ""), value) for id_, value in ids))


def _id(name: str) -> int:
    return int(name.removeprefix(PREFIX))
