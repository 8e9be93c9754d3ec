"""What is answered, made of the engine's answer, in the form that was asked for."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.options import Options
from dragoman.platforms.lmi.requests import Request

Json = dict[str, Any]


class Shape(Protocol):
    """A form of answers."""

    def token_ids(self, answer: Json) -> Iterable[int]:
        """The tokens in an answer or in an event of a stream whose text has to be looked up before it is shaped."""

    def whole(self, answer: Json) -> bytes:
        """An answer that is no stream."""

    def piece(self, event: bytes) -> bytes:
        """What an event of the engine's stream (server-sent, complete, no error) adds; empty where it adds nothing."""

    def end(self) -> bytes:
        """What stands at the end of a stream that the engine ended well."""

    def failure(self, error: HandlerError) -> bytes:
        """What stands at the end of a stream that broke off, in words that no client takes for data."""


def shape_of(request: Request, options: Options, vocabulary: Mapping[int, str]) -> Shape:
    """The form in which the request's answer is given.

    Args:
        request: what was asked for.
        options: what the operator chose.
        vocabulary: the text of tokens that were looked up; it is filled after the shape is made.
    """
    raise NotImplementedError
