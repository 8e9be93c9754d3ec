"""What a worker's output is as the answer to an OpenAI client, whole or as a stream of events."""

from collections.abc import Mapping

from starlette.responses import Response

from dragoman.gateway import openai_errors, payloads
from dragoman.gateway.openai_errors import OpenAIError
from dragoman.serving import events

DONE = b"data: [DONE]\n\n"
BLANK_LINES = (b"\n\n", b"\r\n\r\n", b"\r\r")
TAIL = 16384
"""Bytes at the end of a raw stream in which the last event is looked for."""

NOTHING = OpenAIError.of(500, "The worker gave no answer.")


def is_nothing(output: bytes | None) -> bool:
    """Tell whether an output says nothing: a generator's without ``return_aggregate_stream`` is an empty list."""
    return output in (None, b"", b"[]", b"null")


def whole(output: bytes, headers: Mapping[str, str]) -> Response:
    """The answer to a client that wants no stream: the one thing that the worker yielded, or what it returned.

    Args:
        output: JSON text.
        headers: the answer's.
    """
    answer = payloads.loads(output)
    if isinstance(answer, list):
        answer = answer[0] if answer else None
    if isinstance(answer, str):
        found = _read(answer)
        if not isinstance(found, dict | list):
            return Response(_encode(answer), headers=headers, media_type="text/plain")
        answer = found
    error = NOTHING if answer is None else openai_errors.of_answer(answer)
    if error:
        return error.response(headers)
    return Response(payloads.dumps(answer), headers=headers, media_type="application/json")


def refusal(item: bytes) -> OpenAIError | None:
    """The error that a stream begins with: then there is nothing to stream."""
    part = next(iter(_parts(item)), None)
    if not isinstance(part, str):
        return openai_errors.of_answer(part)
    return next((_error_in(event) for event in events.Events().feed(_encode(part))), None)


class Stream:
    """Makes events of the items that a worker yields.

    Text is raw: events that the worker has written itself, which pass as they are. Anything else becomes an event.

    Args:
        named: whether events bear the names of their types, as those of OpenAI's responses and Anthropic's messages.
    """

    def __init__(self, named: bool) -> None:
        self._named = named
        self._raw = False
        self._told = False
        self._tail = b""

    def add(self, item: bytes) -> bytes:
        """The events of one item, which is JSON text."""
        return b"".join(map(self._event, _parts(item)))

    def end(self, error: OpenAIError | None) -> bytes:
        """What is left to say.

        Args:
            error: why the job failed, if it did; it is told where the worker has not told it.
        """
        last = self._write("error", error.body) if error and not self.is_closed else b""
        if not self._raw:
            return last + DONE
        return b"\n\n" + last if last and not self._tail.endswith(BLANK_LINES) else last

    def _event(self, part: object) -> bytes:
        if isinstance(part, str):
            self._raw = True
            text = _encode(part)
            self._tail = (self._tail + text)[-TAIL:]
            return text
        self._told |= openai_errors.of_answer(part) is not None
        return self._write(part.get("type") if isinstance(part, dict) else None, payloads.dumps(part))

    def _write(self, name: object, content: bytes) -> bytes:
        event = b"data: " + content + b"\n\n"
        return b"event: " + _encode(name) + b"\n" + event if self._named and isinstance(name, str) else event

    @property
    def is_closed(self) -> bool:
        """Whether an error has been told, or the end: nobody reads on after it."""
        if self._told:
            return True
        cut = events.Events()
        return any(_error_in(event) or event == DONE for event in (*cut.feed(self._tail), *cut.close()))


def _parts(item: bytes) -> list[object]:
    """An item's parts: workers that parse the engine's events yield lists of them."""
    value = payloads.loads(item)
    return value if isinstance(value, list) else [value]


def _error_in(event: bytes) -> OpenAIError | None:
    return openai_errors.of_answer(_read(events.data(event)))


def _read(text: str | bytes) -> object:
    """What the text is as JSON; None where it is none."""
    try:
        return payloads.loads(text if isinstance(text, bytes) else _encode(text))
    except ValueError:
        return None


def _encode(text: str) -> bytes:
    return text.encode(errors="replace")
