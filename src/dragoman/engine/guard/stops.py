"""The words at which an answer ends, and those that it may not have: each is looked for with every token."""

from itertools import product

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard.bodies import Json
from dragoman.engine.guard.counts import parameters

FIELDS = ("stop", "stop_sequences", "bad_words")
MOST = 1024


def check(content: Json) -> None:
    """Looks at the words.

    Raises:
        BadRequestError: there are too many, or there is half a character in one, which vLLM fails over.
    """
    for fields, name in product(parameters(content), FIELDS):
        words = fields.get(name)
        words = words if isinstance(words, list) else [words]
        if len(words) > MOST:
            raise BadRequestError(f"{name} may have at most {MOST} items.", name)
        if any(isinstance(word, str) and _is_broken(word) for word in words):
            raise BadRequestError(f"{name} has half of a surrogate pair in it.", name)


def _is_broken(word: str) -> bool:
    return not word.isascii() and any("\ud800" <= character <= "\udfff" for character in word)
