"""The ``guided_*`` fields of older vLLM, as the ``structured_outputs`` that took their place."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Json, TypeAdapter, ValidationError

from dragoman.engine.bad_request import BadRequestError

Body = dict[str, Any]

OBJECT = TypeAdapter(Json[dict[str, Any]])


def _json_object(text: str) -> str:
    OBJECT.validate_python(text)
    return text


TEXT = TypeAdapter[str](str)
FLAG = TypeAdapter[bool](bool)
CHOICES = TypeAdapter(list[str])
SCHEMA = TypeAdapter[Any](dict[str, Any] | Annotated[str, AfterValidator(_json_object)])


@dataclass(frozen=True)
class Guide:
    """One retired field: its name within ``structured_outputs``, and what it may hold."""

    successor: str
    type: TypeAdapter[Any]
    description: str


GUIDES = {
    "guided_json": Guide("json", SCHEMA, "a JSON schema, as an object or as a string"),
    "guided_regex": Guide("regex", TEXT, "a string"),
    "guided_choice": Guide("choice", CHOICES, "a list of strings"),
    "guided_grammar": Guide("grammar", TEXT, "a string"),
    "guided_json_object": Guide("json_object", FLAG, "a boolean"),
    "guided_whitespace_pattern": Guide("whitespace_pattern", TEXT, "a string"),
}
WHITESPACE = "guided_whitespace_pattern"
BACKEND = "guided_decoding_backend"
RETIRED = {*GUIDES, BACKEND}
CONSTRAINTS = frozenset(("json", "regex", "choice", "grammar", "json_object", "structural_tag"))


def with_structured_outputs(request: Body) -> Body:
    """The request without ``guided_*``, constrained in the way that vLLM 0.32 knows.

    As in older vLLM, null is absent and ``guided_json_object: false`` is no constraint.

    Raises:
        BadRequestError: a value is of a wrong type, there is more than one constraint, or vLLM would drop it.
    """
    rest = {name: value for name, value in request.items() if name not in RETIRED}
    given = {name: _value(name, request[name]) for name in GUIDES if request.get(name) is not None}
    whitespace = given.pop(WHITESPACE, None)
    constraints = {name: value for name, value in given.items() if value is not False}
    if not constraints:
        return rest
    field, value = _only(constraints)
    constraint = {GUIDES[field].successor: value}
    _admit(field, constraint, rest)
    if _constraints(rest):
        return rest
    options = {} if whitespace is None else {GUIDES[WHITESPACE].successor: whitespace}
    return {**rest, "structured_outputs": {**(rest.get("structured_outputs") or {}), **options, **constraint}}


def _value(field: str, value: object) -> object:
    guide = GUIDES[field]
    try:
        return guide.type.validate_python(value)
    except ValidationError:
        raise BadRequestError(f"`{field}` must be {guide.description}.", field) from None


def _only(constraints: Body) -> tuple[str, object]:
    """The one constraint."""
    first, *others = constraints.items()
    if others:
        names = ", ".join(f"`{name}`" for name in constraints)
        raise BadRequestError(f"Only one of {names} can be used in a request.", others[0][0])
    return first


def _admit(field: str, constraint: Body, request: Body) -> None:
    """Raises where the constraint would not be obeyed."""
    if request.get("use_beam_search"):
        raise BadRequestError(f"`{field}` is not supported with beam search.", field)
    if _constraints(request) not in ({}, constraint):
        message = f"`{field}` conflicts with the `structured_outputs` or `response_format` of the same request."
        raise BadRequestError(message, field)


def _constraints(request: Body) -> Body:
    """What constrains the request in today's spelling."""
    return _of_structured_outputs(request.get("structured_outputs")) | _of_format(request.get("response_format"))


def _of_structured_outputs(value: object) -> Body:
    match value:
        case None:
            return {}
        case {**fields}:
            return {name: fields[name] for name in CONSTRAINTS if fields.get(name) is not None}
        case _:
            return {"structured_outputs": value}


def _of_format(value: object) -> Body:
    match value:
        case None | {"type": "text"}:
            return {}
        case {"type": "json_object"}:
            return {"json_object": True}
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            return {"json": schema}
        case _:
            return {"response_format": value}
