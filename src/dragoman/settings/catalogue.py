"""The catalogue: every setting, declared once. vLLM's own come from vllm_flags.json, which its parser wrote."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from dragoman.settings import values

Kind = Literal["value", "list", "append", "paired", "store_true", "optional"]
Use = Literal["engine", "worker", "refused", "ignored", "translated"]

_FLAGS_FILE = Path(__file__).parent / "vllm_flags.json"
_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: what it is called, what it takes, and what becomes of it.

    `kind` is how its flag is written: with a value, with a list, again for each item (append), as `--x`/`--no-x`
    (paired), alone (store_true), or with a value that may be left out (optional). `choices` are the only values there
    are; `known` are those that work without a plugin; `keys` are the fields that a JSON object may have.
    `use` says whether it is passed on to vLLM, consumed by the worker, refused, ignored, or translated into others;
    `reason` is why, or into what. `harmless` are the values of an ignored setting that ask for what happens anyway.
    `variables` are the environment variables that set it, the strongest first.
    """

    name: str
    type: str = "str"
    kind: Kind = "value"
    flags: tuple[str, ...] = ()
    negative: str | None = None
    choices: tuple[values.Value, ...] = ()
    known: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    bounds: Mapping[str, float] = field(default_factory=dict)
    default: values.Value = None
    help: str = ""
    group: str = "Worker"
    deprecated: bool = False
    use: Use = "worker"
    reason: str = ""
    harmless: tuple[values.Value, ...] = ()
    secret: bool = False
    variables: tuple[str, ...] = ()

    @property
    def flag(self) -> str | None:
        """The flag of vLLM's, where the setting is passed on to it."""
        return self.flags[0] if self.use == "engine" else None

    @property
    def is_list(self) -> bool:
        """Whether the value is a list, each item of which is of the setting's type."""
        return self.kind in ("list", "append")

    @property
    def is_switch(self) -> bool:
        """Whether the flag stands without a value."""
        return self.kind in ("paired", "store_true")

    def parse(self, raw: object) -> values.Value:
        """Return the typed value of what a source holds; None where it says that nothing is set.

        Raises ValueError with the reason where the value cannot be right.
        """
        if self.leaves_unset(raw):
            return None
        return self._parse_list(raw) if self.is_list else self._parse_item(raw)

    def leaves_unset(self, raw: object) -> bool:
        """Return whether the raw value says that nothing is set; `none` does not where it is one of the choices."""
        chosen = values.word(raw) if self.type == "word" and isinstance(raw, str) else raw
        return values.is_unset(raw) and chosen not in self.choices

    def _parse_list(self, raw: object) -> list[values.Value] | None:
        items = values.names(raw) if self.type == "name" else values.items(raw)
        value = [self._parse_item(item) for item in items if not values.is_unset(item)]
        if self.flag and len(value) > 1 and any(str(item).startswith("-") for item in value):
            # No command line of vLLM's can say that.
            raise ValueError(f"{values.quote(value)}: an item of a list cannot start with -")
        return value or None

    def _parse_item(self, raw: object) -> values.Value:
        if self.kind == "optional" and raw is True:
            return True
        value = values.PARSERS[self.type](raw)
        if self.choices and value not in self.choices:
            raise ValueError(f"{values.quote(value)} is not one of {', '.join(map(str, self.choices))}")
        if self.keys and (strange := sorted(value.keys() - set(self.keys))):
            raise ValueError(f"{', '.join(map(repr, strange))} is not one of its fields: {', '.join(self.keys)}")
        if broken := [limit for limit, bound in self.bounds.items() if not _within(value, limit, bound)]:
            limits = " and ".join(f"{_LIMITS[limit]} {self.bounds[limit]}" for limit in broken)
            raise ValueError(f"{values.quote(value)} is not {limits}")
        return value


def _within(value: float, limit: str, bound: float) -> bool:
    match limit:
        case "ge":
            return value >= bound
        case "gt":
            return value > bound
        case "le":
            return value <= bound
        case _:
            return value < bound


class Catalogue:
    """All settings, found by name or by flag."""

    def __init__(self, settings: Iterable[Setting]) -> None:
        self._by_name = MappingProxyType({setting.name: setting for setting in settings})
        flags = {flag: (setting, True) for setting in self for flag in setting.flags}
        negatives = {setting.negative: (setting, False) for setting in self if setting.negative}
        self.flags: Mapping[str, tuple[Setting, bool]] = MappingProxyType(flags | negatives)

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Setting:
        """Return the setting of that name; KeyError where there is none."""
        return self._by_name[name]

    def with_settings(self, *settings: Setting) -> "Catalogue":
        """Return a catalogue with these settings too, in place of those with the same names."""
        return Catalogue((self._by_name | {setting.name: setting for setting in settings}).values())

    def with_variables(self, spellings: Mapping[str, Sequence[str]]) -> "Catalogue":
        """Return a catalogue in which these variables, the strongest first, also set the settings named."""
        return self.with_settings(
            *(
                replace(self[name], variables=tuple(dict.fromkeys((*variables, *self[name].variables))))
                for name, variables in spellings.items()
            )
        )


@cache
def vllm_flags() -> Mapping[str, Any]:
    """Return what tools/dump_vllm_flags.py wrote down about vLLM."""
    flags: dict[str, Any] = json.loads(_FLAGS_FILE.read_bytes())
    return MappingProxyType(flags)


def vllm_settings() -> Iterator[Setting]:
    """Yield a setting for each option of vLLM's parser, passed on to vLLM as it is."""
    for name, option in vllm_flags()["options"].items():
        fixed = {key: tuple(value) if isinstance(value, list) else value for key, value in option.items()}
        yield Setting(name=name, use="engine", **(fixed | {"default": option["default"]}))
