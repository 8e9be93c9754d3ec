"""What compiling a JSON schema costs, beside its length, and references in it that lead nowhere."""

from collections.abc import Iterator
from urllib.parse import unquote

from dragoman.engine.guard.bodies import Json, held
from dragoman.settings.values import Value

# What each unit of these costs, in the steps of a regular expression's: measured with xgrammar 0.2.8, llguidance 1.7.
# llguidance ends its process over a trillion items.
ITEMS, ITEM = ("minItems", "maxItems", "minContains", "maxContains"), 16
COUNTED, PROPERTY = ("minProperties", "maxProperties"), 32


def patterns(schema: Value) -> Iterator[str]:
    """The regular expressions in a schema."""
    for part in held(schema):
        if isinstance(pattern := part.get("pattern"), str):
            yield pattern
        if isinstance(properties := part.get("patternProperties"), dict):
            yield from properties


def grammars(schema: Value) -> Iterator[str]:
    """The grammars in a structural tag."""
    return (part["grammar"] for part in held(schema) if isinstance(part.get("grammar"), str))


def steps(schema: Value) -> int:
    """What the numbers of items and properties in a schema cost."""
    return sum(_steps(part) for part in held(schema))


def _steps(part: Json) -> int:
    properties = part.get("properties")
    known = len(properties) if isinstance(properties, dict) else 0
    items = sum(_count(part.get(name)) for name in ITEMS)
    return items * ITEM + sum(_count(part.get(name)) for name in COUNTED) * known * PROPERTY


def _count(value: Value) -> int:
    return max(0, int(value)) if isinstance(value, int | float) and abs(value) < float("inf") else 0


def has_loop(schema: Value) -> bool:
    """Whether references lead in a circle by way of references alone, so that nothing has the shape they stand for."""
    sound: set[str] = set()
    return any(_loops(part, schema, sound) for part in held(schema) if "$ref" in part)


def _loops(part: Json, schema: Value, sound: set[str]) -> bool:
    """Whether a part's reference leads in a circle; `sound` are those that are known not to."""
    seen: set[str] = set()
    while isinstance(part, dict) and isinstance(reference := part.get("$ref"), str) and reference not in sound:
        if reference in seen:
            return True
        seen.add(reference)
        part = _target(reference, schema)
    sound |= seen
    return False


def _target(reference: str, schema: Value) -> Value:
    """What a reference within the schema leads to; None for any other."""
    place, *path = reference.split("/")
    if place != "#":
        return None
    for name in path:
        key = unquote(name).replace("~1", "/").replace("~0", "~")
        schema = schema.get(key) if isinstance(schema, dict) else None
    return schema
