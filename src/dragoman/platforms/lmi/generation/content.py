"""The body of a request, whatever its content type."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from dragoman.engine.bad_request import BadRequestError
from dragoman.engine.guard.bodies import loaded
from dragoman.platforms.lmi.generation.form_data import Fields, multipart_fields, urlencoded_fields
from dragoman.platforms.lmi.generation.payloads import PayloadError, unreadable
from dragoman.platforms.lmi.generation.tables import prompts
from dragoman.platforms.lmi.options import Era
from dragoman.serving.entrance.limits import Limits
from dragoman.serving.json_types import type_of
from dragoman.settings.values import Value

Json = dict[str, Any]

# Forms are slow to read.
LARGEST_FORM = 8 * 2**20
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Fields of a form that say which model it is for.
OF_THE_MODEL = ("model_name", "model_version")
# Fields of a form that hold JSON.
STRUCTURED = frozenset(("parameters", "messages"))
# Fields by which a form is known to be more than a text.
TELLING = frozenset(("inputs", "prompt", "messages", "requestType"))


def is_form(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether a body is called a form and is no JSON."""
    called = any(name in headers.get("content-type", "").lower() for name in FORMS)
    return called and not _is_json(body)


def decode(body: bytes, headers: Mapping[str, str], limits: Limits, era: Era = Era.ASYNC) -> Json:
    """Reads a body as DJL Serving's handlers do: JSON unless it says that it is something else.

    A text, a table and a form become the request that has them as its ``inputs``.

    Args:
        body: the body, complete.
        headers: the request's headers, their names in lower case.
        limits: how large, how deep and how full JSON may be.
        era: whose words an error has.

    Raises:
        HandlerError: 424, the body cannot be read; nothing of it is repeated.
    """
    try:
        return _decoded(body, headers.get("content-type", ""), limits)
    except PayloadError as error:
        raise unreadable(error, era) from None


def _decoded(body: bytes, content_type: str, limits: Limits) -> Json:
    kind = content_type.lower()
    for name, read in READERS.items():
        if name in kind:
            return read(body, content_type, limits)
    return {"inputs": _text(body)} if kind or not body else _json(body, content_type, limits)


def _json(body: bytes, content_type: str, limits: Limits) -> Json:
    content = _parsed(body, limits)
    if not isinstance(content, dict):
        raise PayloadError(f"The body must be a JSON object, not {type_of(content)}.")
    return content


def _plain(body: bytes, content_type: str, limits: Limits) -> Json:
    return {"inputs": _text(body)}


def _table(body: bytes, content_type: str, limits: Limits) -> Json:
    return {"inputs": prompts(_text(body))}


def _urlencoded(body: bytes, content_type: str, limits: Limits) -> Json:
    """A form, or JSON that a client such as curl calls one unless it is told otherwise."""
    if _is_json(body):
        return _json(body, content_type, limits)
    _refuse_large(body)
    return _of_form(urlencoded_fields(_text(body)), limits)


def _multipart(body: bytes, content_type: str, limits: Limits) -> Json:
    _refuse_large(body)
    return _of_form([(_text(name), _text(value)) for name, value in multipart_fields(body, content_type)], limits)


READERS: Mapping[str, Callable[[bytes, str, Limits], Json]] = MappingProxyType(
    {
        "application/json": _json,
        "text/csv": _table,
        "text/plain": _plain,
        "application/x-www-form-urlencoded": _urlencoded,
        "multipart/form-data": _multipart,
    }
)


def _is_json(body: bytes) -> bool:
    return body.lstrip().startswith(b"{")


def _refuse_large(form: bytes) -> None:
    if len(form) > LARGEST_FORM:
        raise PayloadError(f"A form can have {LARGEST_FORM} bytes at most; send JSON.")


def _of_form(fields: Fields, limits: Limits) -> Json:
    """The request of a form's fields; one with other names is a text: its field ``data``, or else its first."""
    form = dict(fields)
    model = {name: form[name] for name in OF_THE_MODEL if name in form}
    if TELLING.isdisjoint(form):
        first = next((value for name, value in fields if name not in OF_THE_MODEL), "")
        return {"inputs": form.get("data", first)} | model
    return {name: _parsed(value.encode(), limits) if name in STRUCTURED else value for name, value in form.items()}


def _parsed(body: bytes, limits: Limits) -> Value:
    try:
        return loaded(body, limits, orjson.loads)
    except BadRequestError as error:
        raise PayloadError(str(error)) from None
    except orjson.JSONDecodeError as error:
        raise PayloadError(f"{error.msg} (line {error.lineno}, column {error.colno} of the JSON).") from None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PayloadError("The body is not valid UTF-8.") from None
