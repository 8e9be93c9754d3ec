"""What a field of a request may hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dragoman.platforms.lmi.generation.payloads import PayloadError
from dragoman.serving.json_types import type_of
from dragoman.settings.values import Value, boolean, integer, number


@dataclass(frozen=True)
class Kind:
    """What a field may hold, in words, and how it is read: ValueError where it holds something else."""

    words: str
    read: Callable[[Any], Any]

    def of(self, field: str, value: object) -> Value:
        """The value, read.

        Raises:
            PayloadError: it is of another kind; the error names the field.
        """
        try:
            return self.read(value)
        except ValueError:
            raise PayloadError(f"{field} must be {self.words}, not {type_of(value)}.") from None


def _whole(value: object) -> int:
    """An integer, as a number or as text, 5.0 included."""
    return integer(int(value) if isinstance(value, float) and value.is_integer() else value)


def _at_least(least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        found = _whole(value)
        if found < least:
            raise ValueError
        return found

    return read


def _instance(kind: type) -> Callable[[object], Any]:
    def read(value: object) -> object:
        if not isinstance(value, kind):
            raise ValueError
        return value

    return read


def _list_of(read: Callable[[Any], Any]) -> Callable[[object], list[Any]]:
    def read_all(value: object) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError
        return [read(each) for each in value]

    return read_all


_text = _instance(str)
_texts = _list_of(_text)


def _some_texts(value: object) -> list[str]:
    """A text as a list of one."""
    return [value] if isinstance(value, str) else _texts(value)


def _count(value: object) -> int:
    """How many; true is 1, false is 0."""
    return int(value) if isinstance(value, bool) else _at_least(0)(value)


INTEGER = Kind("an integer", _whole)
POSITIVE = Kind("an integer of at least 1", _at_least(1))
NATURAL = Kind("an integer of at least 0", _at_least(0))
COUNT = Kind("an integer of at least 0 or true or false", _count)
NUMBER = Kind("a number", number)
FLAG = Kind("true or false", boolean)
TEXT = Kind("a string", _text)
TEXTS = Kind("a list of strings", _texts)
STOPS = Kind("a string or a list of strings", _some_texts)
INTEGERS = Kind("a list of integers", _list_of(_whole))
OBJECT = Kind("an object", _instance(dict))
# What is nobody's business before the engine, which says itself what it takes.
ANY = Kind("anything", lambda value: value)
