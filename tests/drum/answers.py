"""What a server answered, less all that no two answers have in common."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

HEADERS = ("x_request_id", "x-drum-version", "x-drum-user-http-error", "location")
UNIQUE = re.compile(r"^(chatcmpl|cmpl|modelperm|vllm-[\d.]+)-[0-9a-f-]+$")
MEASURED = ("mem_info", "drum_info")
DIGITS = 2


@dataclass(frozen=True)
class Answer:
    """An answer to a request.

    Attributes:
        status: of HTTP.
        kind: the media type of the body, if there is one.
        headers: those that DRUM gives its answers.
        body: the object that JSON stands for, the summary of a stream, or text.
    """

    status: int
    kind: str
    headers: dict[str, object]
    body: object


def answer(response: httpx.Response) -> Answer:
    """What two servers can be compared by."""
    kind = response.headers.get("content-type", "").partition(";")[0] if response.content else ""
    headers = {name: settled(response.headers[name]) for name in HEADERS if name in response.headers}
    return Answer(response.status_code, kind, headers, _body(kind, response.text))


def settled(value: object, name: str = "") -> object:
    """A value of JSON in which times, random ids and measured numbers have given way to words."""
    if name == "created":
        return "a time"
    if name in MEASURED:
        return _shape(value)
    match value:
        case dict():
            return {key: settled(each, key) for key, each in value.items()}
        case list():
            return [settled(each) for each in value]
        case float():
            return round(value, DIGITS)
        case str():
            return "a UUID" if _is_uuid(value) else UNIQUE.sub(r"\1 and digits", value)
    return value


def _body(kind: str, text: str) -> object:
    if kind == "text/event-stream":
        return _stream([line.removeprefix("data: ") for line in text.split("\n\n") if line])
    if kind == "text/html":
        return "a page" if text else ""
    try:
        return settled(json.loads(text))
    except ValueError:
        return text


def _stream(events: list[str]) -> dict[str, Any]:
    """A stream without the places at which it was cut into pieces."""
    chunks: list[dict[str, Any]] = [json.loads(event) for event in events if event != "[DONE]"]
    choices = [choice for chunk in chunks for choice in chunk.get("choices", [])]
    return {
        "first": _head(chunks[0]),
        "fields": _fields(chunks),
        "fields of choices": _fields(choices),
        "association ids": list(map(settled, {chunk.get("datarobot_association_id") for chunk in chunks})),
        "text": _text(choices),
        "reasons": [choice["finish_reason"] for choice in choices if choice["finish_reason"]],
        "usage": [chunk["usage"] for chunk in chunks if chunk.get("usage")],
        "end": events[-1] == "[DONE]",
    }


def _head(chunk: dict[str, Any]) -> object:
    """A chunk less its text, of which it may have more or less."""
    choices = [{name: each for name, each in choice.items() if name != "text"} for choice in chunk["choices"]]
    return settled({**chunk, "choices": choices})


def _fields(objects: Iterable[dict[str, Any]]) -> set[str]:
    return {name for each in objects for name in each}


def _text(choices: list[dict[str, Any]]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for choice in choices:
        piece = choice["delta"].get("content") if "delta" in choice else choice["text"]
        texts[choice["index"]] = texts.get(choice["index"], "") + (piece or "")
    return texts


def _shape(value: object) -> object:
    match value:
        case dict():
            return {name: _shape(each) for name, each in value.items()}
        case list():
            return [_shape(value[0])] if value else []
    return type(value).__name__ if isinstance(value, str) else "a number"


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
