"""Turn what a source holds (text, or what YAML and JSON make of it) into a setting's value.

Every parser takes a raw value, returns the typed one, and raises ValueError with the reason otherwise.
"""

import ast
import contextlib
import json
import math
import re
from collections.abc import Callable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeAlias

# What a setting is set to: text, a number, a boolean, or what JSON can hold.
Value: TypeAlias = Any

TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})
UNSET = frozenset({"", "none", "null"})

_DECIMAL = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_HUMAN_NUMBER = re.compile(r"(\d{1,15}(?:\.\d+)?)([kKmMgGtT])")
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')
_OBJECT = re.compile(r"\s*\{.*\}\s*", re.DOTALL)

# The fields of vLLM's LoRAModulePath.
_ADAPTER = frozenset({"name", "path", "base_model_name", "is_3d_lora_weight"})

_LONGEST_QUOTE = 120
_DEEPEST = 64
_TOO_LARGE = 2**63


def quote(raw: object) -> str:
    """Return a raw value as it is shown in a message: on one line, and not too long."""
    try:
        shown = repr(raw)
    except (RecursionError, ValueError):
        return "a value too deep or too long to show"
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…"


def is_unset(raw: object) -> bool:
    """Return whether the raw value says that nothing is set: null, or text that is empty, `None` or `null`."""
    return raw is None or (isinstance(raw, str) and raw.strip().lower() in UNSET)


def boolean(raw: object) -> bool:
    """Read true/1/yes/on and false/0/no/off, in any case."""
    word = str(raw).strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueError(f"{quote(raw)} is not a boolean: write true, 1, yes, on or false, 0, no, off")


def text(raw: object) -> str:
    """Take text as it is, and a number of a YAML or JSON file as it is written."""
    if isinstance(raw, bool | list | dict):
        raise ValueError(f"{quote(raw)} is not text")
    read = str(raw)
    # Bytes of the command line or the environment that are not UTF-8 come as surrogates.
    if not read.isascii() and any("\ud800" <= character <= "\udfff" for character in read):
        raise ValueError(f"{quote(raw)} is not UTF-8")
    return read


def identifier(raw: object) -> str:
    """Read a name in any case, with dashes or underscores, as vLLM does for its kernel backends."""
    return text(raw).strip().lower().replace("-", "_")


def word(raw: object) -> str:
    """Read one of a few words in any case."""
    return text(raw).strip().lower()


def anything(raw: object) -> Value:
    """Take anything, and what looks like a number as one."""
    try:
        return number(raw)
    except ValueError:
        return raw.strip() if isinstance(raw, str) else raw


def level(raw: object) -> str:
    """Read the name of a log level in any case."""
    return text(raw).strip().upper()


def integer(raw: object) -> int:
    """Read a whole number."""
    if isinstance(raw, int | str) and not isinstance(raw, bool):
        try:
            value = int(raw)
        except ValueError:
            pass
        else:
            if abs(value) < _TOO_LARGE:
                return value
            raise ValueError(f"{quote(raw)} is more than 64 bits hold")
    raise ValueError(f"{quote(raw)} is not an integer")


def threads(raw: object) -> int:
    """Return a number of threads; of OpenMP's list, one number for each level of nesting, the outermost one."""
    return integer(raw.split(",")[0] if isinstance(raw, str) else raw)


def number(raw: object) -> float:
    """Read a finite number."""
    if isinstance(raw, int | float | str) and not isinstance(raw, bool):
        try:
            value = float(raw)
        except (ValueError, OverflowError):
            pass
        else:
            if math.isfinite(value):
                return value
    raise ValueError(f"{quote(raw)} is not a number")


def human_integer(raw: object) -> int:
    """Read a whole number, or one such as 4k (4,000), 4K (4,096) or 25.6k, as vLLM's human_readable_int does."""
    match = _HUMAN_NUMBER.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if match is None:
        return integer(raw)
    digits, suffix = match.groups()
    if suffix in _DECIMAL:
        return int(float(digits) * _DECIMAL[suffix])
    if "." in digits:
        raise ValueError(f"{quote(raw)}: no decimals before {suffix}; did you mean {digits}{suffix.lower()}?")
    return int(digits) * _BINARY[suffix]


def human_integer_or_auto(raw: object) -> int:
    """Read what human_integer reads, or auto, which is -1."""
    return -1 if isinstance(raw, str) and raw.strip().lower() == "auto" else human_integer(raw)


def json_value(raw: object) -> Value:
    """Read JSON, or else a Python literal (consoles often turn the quotes of JSON into single ones)."""
    if isinstance(raw, str):
        raw = text(raw)
        with contextlib.suppress(ValueError, RecursionError):
            return _shallow(json.loads(raw))
    try:
        # YAML and Python have values that JSON does not, such as dates.
        return _shallow(json.loads(json.dumps(ast.literal_eval(raw.strip()) if isinstance(raw, str) else raw)))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise ValueError(f"{quote(raw)} is not JSON") from None


def _shallow(value: Value) -> Value:
    """Return the value where it is nested less deeply than what passes it on can follow."""
    level = [value]
    for _ in range(_DEEPEST):
        held = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = list(chain.from_iterable(held))
    if level:
        raise ValueError("nested too deeply")
    return value


def json_object(raw: object) -> dict[str, Value]:
    """Read a JSON object."""
    value = json_value(raw)
    if not isinstance(value, dict):
        raise ValueError(f"{quote(raw)} is not a JSON object")
    return value


def configuration(raw: object) -> dict[str, Value]:
    """Read a JSON object in which numbers may be written as 80m or 4K, as in vLLM's configuration options."""
    if not isinstance(raw, str):
        return json_object(raw)
    parts = _QUOTED.split(raw)
    parts[::2] = [re.sub(rf"\b{_HUMAN_NUMBER.pattern}\b", _expand, part) for part in parts[::2]]
    return json_object("".join(parts))


def _expand(match: re.Match[str]) -> str:
    return str(human_integer(match.group()))


def object_or_text(raw: object) -> dict[str, Value] | str:
    """Read a JSON object where it looks like one, else take the text as it is."""
    return json_object(raw) if isinstance(raw, dict) or _OBJECT.fullmatch(text(raw)) else text(raw)


def items(raw: object) -> list[Value]:
    """Split a list: one that is a list already, JSON, or text with commas or blanks between the items."""
    if isinstance(raw, list):
        return raw
    if not isinstance(raw, str):
        return [raw]
    stripped = raw.strip()
    if stripped.startswith("["):
        value = json_value(stripped)
        if isinstance(value, list):
            return value
        raise ValueError(f"{quote(raw)} is not a list")
    return [stripped] if stripped.startswith("{") else re.split(r"[,\s]+", stripped.strip(", \t\n"))


def names(raw: object) -> list[Value]:
    """Split a list of names, which may have blanks in them: as `items` does, but at commas only."""
    if isinstance(raw, str) and not raw.lstrip().startswith("["):
        return [name.strip() for name in raw.split(",")]
    return items(raw)


def json_list(raw: object) -> list[Value]:
    """Read a list that vLLM takes as JSON."""
    return list(json_value(items(raw)))


def adapter(raw: object) -> dict[str, Value]:
    """Read one LoRA adapter: `name=path`, or a JSON object with name and path."""
    if isinstance(raw, str) and "=" in raw and "," not in raw and not raw.lstrip().startswith("{"):
        name, path = raw.split("=", 1)
        return {"name": name, "path": path}
    value = json_object(raw)
    if not value.keys() >= {"name", "path"}:
        raise ValueError(f"{quote(raw)} has no name or no path")
    if strange := sorted(value.keys() - _ADAPTER):
        raise ValueError(f"{', '.join(map(repr, strange))} is not a field of an adapter: {', '.join(sorted(_ADAPTER))}")
    return value


def devices(raw: object) -> list[int | str]:
    """Read GPU numbers or UUIDs."""
    return [int(item) if item.isdigit() else item for item in map(str, items(raw))]


PARSERS: Mapping[str, Callable[[object], Value]] = MappingProxyType(
    {
        "bool": boolean,
        "str": text,
        "name": text,
        "template": text,
        "identifier": identifier,
        "level": level,
        "word": word,
        "value": anything,
        "int": integer,
        "float": number,
        "threads": threads,
        "human_int": human_integer,
        "human_int_or_auto": human_integer_or_auto,
        "json": json_object,
        "config": configuration,
        "json_or_str": object_or_text,
        "json_list": json_list,
        "lora": adapter,
        "devices": devices,
    }
)
