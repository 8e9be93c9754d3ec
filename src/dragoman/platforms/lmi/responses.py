"""What is answered, made of the engine's answer, in the form that was asked for."""

from collections.abc import Mapping
from typing import Any, Protocol

from dragoman.platforms.lmi.errors import HandlerError
from dragoman.platforms.lmi.generation.bedrock import BedrockAnswers
from dragoman.platforms.lmi.generation.chats import Chat
from dragoman.platforms.lmi.generation.generated import Generated
from dragoman.platforms.lmi.generation.newest import Newest
from dragoman.platforms.lmi.generation.originals import Originals
from dragoman.platforms.lmi.generation.request import Form, Request
from dragoman.platforms.lmi.generation.rolling import Rolling
from dragoman.platforms.lmi.generation.vectors import Vectors
from dragoman.platforms.lmi.options import Era, Options

Json = dict[str, Any]


class Whole(Protocol):
    """A form of answers that are no streams."""

    def whole(self, answer: Json) -> bytes:
        """An answer that is no stream."""


class Shape(Whole, Protocol):
    """A form of answers and of streams."""

    def piece(self, event: bytes) -> bytes:
        """What an event of the engine's stream (server-sent, complete, no error) adds; empty where it adds nothing."""

    def end(self) -> bytes:
        """What stands at the end of a stream that the engine ended well."""

    def failure(self, error: HandlerError) -> bytes:
        """What stands at the end of a stream that broke off, in words that no client takes for data."""


def whole_of(request: Request, options: Options, vocabulary: Mapping[int, str]) -> Whole:
    """The form in which the request's answer is given, if it is no stream: there are none of vectors."""
    return Vectors() if request.form is Form.VECTORS else shape_of(request, options, vocabulary)


def shape_of(request: Request, options: Options, vocabulary: Mapping[int, str]) -> Shape:
    """The form in which the request's answer is given.

    Args:
        request: what was asked for.
        options: what the operator chose.
        vocabulary: the text of tokens that were looked up; it is filled after the shape is made.
    """
    match request.form:
        case Form.GENERATED:
            rolling = options.era is Era.ROLLING
            words = Rolling(request, options.tgi_compat) if rolling else Newest(request)
            return Generated(request, words, vocabulary)
        case Form.CHAT:
            return Chat(request.wire)
        case Form.BEDROCK:
            return BedrockAnswers(request.wire)
        case _:
            return Originals(request.wire)
