"""What a job yields of the engine's answer, in the form that its dialect has for it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

import orjson

from dragoman.platforms.runpod.jobs.chunks import Chunks
from dragoman.platforms.runpod.jobs.errors import JobError
from dragoman.platforms.runpod.jobs.options import Options
from dragoman.platforms.runpod.jobs.tokens import Tokens
from dragoman.platforms.runpod.jobs.verdicts import error_events
from dragoman.platforms.runpod.requests import Form, Request
from dragoman.serving import events
from dragoman.serving.events import DONE

Json = dict[str, Any]
Part = TypeVar("Part")


class Shape(Protocol[Part]):
    """A form of answers."""

    def parts(self, event: bytes) -> Iterable[tuple[Part, int]]:
        """What an event adds to the stream, and for how many tokens it counts."""

    def item(self, parts: Sequence[Part]) -> object:
        """What is yielded for a batch of parts."""

    def whole(self, answer: Json) -> object:
        """What is yielded for an answer that is no stream."""

    def last_words(self, error: JobError) -> object | None:
        """What a stream says before the job fails, where this form has words for it."""


def shape_of(request: Request, options: Options) -> Shape[Any]:
    """The form in which the request's answer is given."""
    if request.form is Form.TOKENS:
        return Tokens(int((request.body or {})["n"]))
    if request.form is Form.CHUNKS:
        return Chunks()
    return Raw(request.path) if options.raw_openai_output else Parsed(request.path)


class Raw:
    """Server-sent events as text, as they are: what OpenAI's clients read.

    Args:
        path: the engine's route, which decides how an error is told.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def parts(self, event: bytes) -> Iterable[tuple[bytes, int]]:
        """The event."""
        yield event, 1

    def item(self, parts: Sequence[bytes]) -> str:
        """All of them one after the other."""
        return b"".join(parts).decode(errors="replace")

    def whole(self, answer: object) -> object:
        """The answer as it is."""
        return answer

    def last_words(self, error: JobError) -> str:
        """An event that tells the error, as this route would."""
        return error_events(self._path, error).decode()


class Parsed:
    """The objects in the events, in lists.

    Args:
        path: the engine's route, which decides how an error is told.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def parts(self, event: bytes) -> Iterable[tuple[Any, int]]:
        """What the event says, but that the stream is done."""
        said = events.data(event)
        if said and said != DONE:
            yield orjson.loads(said), 1

    def item(self, parts: Sequence[Any]) -> list[Any]:
        """A list of them."""
        return list(parts)

    def whole(self, answer: object) -> object:
        """The answer as it is."""
        return answer

    def last_words(self, error: JobError) -> list[Any]:
        """What the event that tells the error says, as this route would."""
        cut = events.Events().feed(error_events(self._path, error))
        return [part for event in cut for part, _ in self.parts(event)]
