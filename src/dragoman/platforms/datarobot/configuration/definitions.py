"""The definitions of runtime parameters in model-metadata.yaml, which DRUM needs where it reads a values file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.platforms.datarobot.configuration.metadata import DEFINITIONS, FILE
from dragoman.platforms.datarobot.configuration.payloads import NUMERIC, TYPES, Payload, payload
from dragoman.platforms.datarobot.configuration.yaml_files import text_of, typed
from dragoman.settings.values import Value, number, quote


@dataclass(frozen=True, slots=True)
class Definition:
    """A runtime parameter that a custom model has."""

    name: str
    type: str
    default: Value = None
    minimum: float | None = None
    maximum: float | None = None

    def __str__(self) -> str:
        limits = {"at least": self.minimum, "at most": self.maximum}
        bounds = " and ".join(f"{word} {bound:g}" for word, bound in limits.items() if bound is not None)
        return f"{self.type} of {bounds}" if bounds else self.type

    def payload(self, value: Value) -> Payload:
        """Return a value of the parameter's type and within its bounds, which are part of it; else ValueError."""
        given = payload(self.type, value)
        if self.type == NUMERIC and given.value is not None:
            if self.minimum is not None and number(value) < self.minimum:
                raise ValueError(f"{quote(value)} is less than {self.minimum:g}")
            if self.maximum is not None and number(value) > self.maximum:
                raise ValueError(f"{quote(value)} is greater than {self.maximum:g}")
        return given


def definitions(directory: Path) -> dict[str, Definition]:
    """Return the runtime parameters that are defined there, by name.

    Raises OSError where the file cannot be read, and ValueError where it defines none, or not as DRUM wants it.
    """
    held = typed(text_of(directory / FILE))
    defined = held.get(DEFINITIONS) if isinstance(held, dict) else None
    if not isinstance(defined, list) or not defined:
        raise ValueError(f"it must contain at least one parameter definition in the section {DEFINITIONS}")
    found: dict[str, Definition] = {}
    for position, each in enumerate(defined, 1):
        definition = _definition(each, f"definition {position} of {DEFINITIONS}")
        if definition.name in found:
            raise ValueError(f"duplicated definition of {definition.name}")
        found[definition.name] = definition
    return found


def _definition(held: Value, place: str) -> Definition:
    if not isinstance(held, dict):
        raise ValueError(f"{place} is not a mapping")
    name, kind = held.get("fieldName"), held.get("type")
    if not isinstance(name, str) or not name:
        raise ValueError(f"{place}: fieldName is required, and it is text")
    if not isinstance(kind, str) or kind not in TYPES:
        raise ValueError(f"{name}: type {quote(kind)} is not one of {', '.join(TYPES)}")
    bounds = {key: _bound(held, key, name) for key in ("minValue", "maxValue")}
    return Definition(name, kind, held.get("defaultValue"), bounds["minValue"], bounds["maxValue"])


def _bound(held: Mapping[str, Value], key: str, name: str) -> float | None:
    try:
        return None if held.get(key) is None else number(held[key])
    except ValueError as problem:
        raise ValueError(f"{name}: {key} {problem}") from None
