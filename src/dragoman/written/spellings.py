"""The ways in which a setting is said: flags of a command line, a variable, a property of a file."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from dragoman.settings.catalogue import Setting
from dragoman.settings.command_line import looks_like_flag
from dragoman.settings.engine_arguments import engine_arguments
from dragoman.settings.values import UNSET, Value

# The variable with flags in it that every platform has.
RAW_ARGUMENTS = "VLLM_EXTRA_ARGS"

# What an item of a list may look like where commas part the items.
_PLAIN_ITEM = re.compile(r"[\w./:@+*][\w./:@+*-]*")
_LINE_BREAKS = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Flag:
    """Tokens of a command line, or of what a platform has in its place."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawFlag:
    """Tokens of a command line in a variable."""

    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Property:
    """A key of a file, and its value."""

    key: str
    value: str


Spelling: TypeAlias = Flag | RawFlag | Variable | Property


def tokens(setting: Setting, value: Value) -> tuple[str, ...]:
    """Return the tokens from which the worker's parser reads this value; none where no flag says it."""
    if isinstance(value, bool) and not setting.is_switch and setting.kind != "optional":
        return setting.flags[0], text(setting, value)
    return tuple(engine_arguments(setting, value))


def positional(model: str) -> tuple[str, ...]:
    """Return the tokens that name the model, which needs no flag unless it looks like one."""
    return (f"--model={model}",) if looks_like_flag(model) else (model,)


def text(setting: Setting, value: Value) -> str:
    """Return the text from which the setting's own parser reads this value, in a variable or a file."""
    if isinstance(value, bool):
        return str(value).lower()
    if setting.type == "human_int_or_auto" and value == -1:
        return "auto"
    if isinstance(value, list):
        plain = setting.type != "json_list" and all(map(_is_plain, value))
        return ",".join(map(str, value)) if plain else json.dumps(value)
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _is_plain(item: Value) -> bool:
    return not isinstance(item, dict | list) and bool(_PLAIN_ITEM.fullmatch(str(item))) and str(item) not in UNSET


def is_one_line(value: str) -> bool:
    """Return whether a line of the form NAME=value holds the value."""
    return not _LINE_BREAKS.search(value)


def variable(name: str, value: str) -> Iterator[Variable]:
    """Yield the variable, where a line holds its value."""
    if is_one_line(value):
        yield Variable(name, value)


def raw_flag(setting: Setting, value: Value) -> Iterator[RawFlag]:
    """Yield the flag for the variable that holds flags, where one says this and a line holds it."""
    said = tokens(setting, value)
    if said and all(map(is_one_line, said)):
        yield RawFlag(said)


def flat(flags: Iterable[Flag | RawFlag]) -> tuple[str, ...]:
    """Return the tokens of all flags."""
    return tuple(token for flag in flags for token in flag.tokens)
