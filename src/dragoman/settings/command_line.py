"""Read a command line of vLLM's kind.

The rules are those of argparse and of vLLM's FlexibleArgumentParser: underscores for dashes, `--a=b`, lists of several
values, `-O3`, JSON by keys (`--hf-overrides.a.b 1`, `--x.list+ a,b`), the model as the only positional argument.
Beyond them, a switch may have its value written out (`--enforce-eager=true`).
"""

import json
import re
from collections.abc import Sequence

from dragoman.settings import values
from dragoman.settings.assignments import Assignment, Reading
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.suggestions import closest_flag
from dragoman.settings.values import Value

_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
_OBJECTS = ("json", "config", "json_or_str")


def read_command_line(tokens: Sequence[str], catalogue: Catalogue, source: str) -> Reading:
    """Return what the tokens set, and each token that makes no sense as an error that names `source`."""
    return _Reader(tokens, catalogue, source).read()


def looks_like_flag(token: str) -> bool:
    """Return whether argparse would take the token for a flag rather than for a value."""
    if len(token) < 2 or not token.startswith("-") or _NEGATIVE_NUMBER.fullmatch(token):
        return False
    return " " not in token.partition("=")[0]


class _Reader:
    def __init__(self, tokens: Sequence[str], catalogue: Catalogue, source: str) -> None:
        self._tokens = list(tokens)
        self._catalogue = catalogue
        self._source = source
        self._assignments: list[Assignment] = []
        self._errors: list[str] = []
        self._objects: dict[str, dict[str, Value]] = {}
        self._switches: dict[str, bool] = {}
        self._appended: dict[str, list[str]] = {}
        self._model: str | None = None

    def read(self) -> Reading:
        while self._tokens:
            argument = self._tokens.pop(0)
            if argument == "--":
                self._read_positionals()
            elif looks_like_flag(argument):
                self._read_flag(argument)
            else:
                self._read_positional(argument)
        for name, value in (self._objects | self._appended).items():
            self._assign(name, value)
        # vLLM's positional model replaces --model, wherever either stands.
        if self._model is not None:
            self._assign("model", self._model)
        return Reading(tuple(self._assignments), errors=tuple(self._errors))

    def _assign(self, name: str, raw: object) -> None:
        self._assignments.append(Assignment(name, raw, self._source))

    def _fail(self, problem: str) -> None:
        self._errors.append(f"{problem} ({self._source})")

    def _read_positionals(self) -> None:
        while self._tokens:
            self._read_positional(self._tokens.pop(0))

    def _read_positional(self, token: str) -> None:
        if self._model is None:
            self._model = token
        else:
            self._fail(f"unexpected argument {token!r}: the model is {self._model!r} already")

    def _read_flag(self, token: str) -> None:
        flag, value = split_flag(token)
        name, _, path = flag.partition(".")
        setting, positive = self._catalogue.flags.get(name, (None, True))
        if setting is None:
            self._fail(self._unknown(name))
            self._take_values()
        elif path:
            self._read_key(setting, name, path, value)
        elif setting.is_switch:
            self._read_switch(setting, name, value, positive=positive)
        else:
            self._read_value(setting, name, value)

    def _unknown(self, flag: str) -> str:
        guess = closest_flag(flag, self._catalogue.flags)
        return f"{flag} is not a flag of the worker or of vLLM" + (f"; did you mean {guess}?" if guess else "")

    def _read_switch(self, setting: Setting, flag: str, value: str | None, *, positive: bool) -> None:
        if value is None and self._tokens and self._tokens[0].lower() in values.TRUE | values.FALSE:
            value = self._tokens.pop(0)
        try:
            on = positive if value is None else values.boolean(value) == positive
        except ValueError as problem:
            self._fail(f"{flag}: {problem}")
            return
        if self._switches.setdefault(setting.name, on) != on:
            self._fail(f"{setting.flags[0]} is given both on and off")
        self._assign(setting.name, on)

    def _read_value(self, setting: Setting, flag: str, value: str | None) -> None:
        if setting.kind == "list":
            given = [value] if value is not None else self._take_values()
        else:
            given = [value] if value is not None else self._take_values(most=1)
        if not given and setting.kind == "optional":
            self._assign(setting.name, True)
        elif not given:
            self._fail(f"{flag} needs a value")
        elif setting.kind == "append":
            self._appended.setdefault(setting.name, []).extend(given)
        else:
            self._assign(setting.name, given if setting.kind == "list" else given[0])

    def _read_key(self, setting: Setting, flag: str, path: str, value: str | None) -> None:
        if setting.type not in _OBJECTS:
            self._fail(f"{flag} takes a value, not keys such as .{path}")
        elif value is None and not self._tokens:
            self._fail(f"{flag}.{path} needs a value")
        else:
            text = self._tokens.pop(0) if value is None else value
            update(self._objects.setdefault(setting.name, {}), nest(path, text))

    def _take_values(self, most: int | None = None) -> list[str]:
        taken: list[str] = []
        while self._tokens and len(taken) != most and not looks_like_flag(self._tokens[0]):
            taken.append(self._tokens.pop(0))
        return taken


def split_flag(token: str) -> tuple[str, str | None]:
    """Return the flag in vLLM's own spelling, and the value after its equals sign if it has one."""
    flag, equals, value = token.partition("=")
    if flag.startswith("-O") and len(flag) > 2:
        return "--optimization-level", flag[2:]
    if flag == "-O":
        return "--optimization-level", value if equals else None
    if flag.startswith("--"):
        name, dot, path = flag.partition(".")
        flag = name.replace("_", "-") + dot + path
    return flag, value if equals else None


def nest(path: str, text: str) -> dict[str, Value]:
    """Return the object that `.path text` means: nested keys, with the value as JSON, a number such as 4k, or text."""
    value: Value
    if path.endswith("+"):
        path, value = path[:-1], text.split(",")
    else:
        value = _loose(text)
    first, *keys = path.split(".")
    for key in reversed(keys):
        value = {key: value}
    return {first: value}


def _loose(text: str) -> Value:
    for read in (json.loads, values.human_integer):
        try:
            return read(text)
        except (ValueError, RecursionError):
            continue
    return text


def update(target: dict[str, Value], more: dict[str, Value]) -> None:
    """Merge objects into objects and append lists to lists; anything else is replaced."""
    for key, value in more.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            update(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            present.extend(value)
        else:
            target[key] = value
