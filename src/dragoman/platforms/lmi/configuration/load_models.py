"""What SERVING_LOAD_MODELS says: which models DJL Serving loads when it starts.

`NONE`, `ALL`, or entries between commas or blanks, each `[name:version:engine:devices]=url` or a URL alone. All after
the name may be left out, and so may the brackets.
"""

import re
from dataclasses import dataclass

from dragoman.settings.values import is_unset, quote

VARIABLE = "SERVING_LOAD_MODELS"

_ALL, _NONE = "ALL", "NONE"
_FORM = "write name=url, or [name:version:engine:devices]=url"
_BETWEEN = re.compile(r"[,\s]+")
# What a URL begins with, and a name never does.
_URL = re.compile(r"[/.~]|[\w+.-]+:/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model to load: where it is, and what is said about it. `devices` is `*` or a list such as `gpu0;gpu1`."""

    url: str
    name: str | None = None
    version: str | None = None
    engine: str | None = None
    devices: str | None = None


def load_models(text: str) -> tuple[Entry, ...] | None:
    """Return the entries of the variable; None for all models of the model store.

    Raises ValueError where it cannot be understood.
    """
    items = [item for item in _BETWEEN.split(text) if item]
    words = [item.upper() for item in items if item.upper() in (_ALL, _NONE)]
    if words and len(items) > 1:
        raise ValueError(f"{words[0]} stands alone")
    if not items or words == [_ALL]:
        return None
    return () if words else tuple(map(entry, items))


def entry(text: str) -> Entry:
    """Read one entry.

    Raises ValueError where it cannot be understood.
    """
    head, equals, url = text.partition("=")
    if not equals or "?" in head or _URL.match(head):
        return Entry(url=text)
    if not url:
        raise ValueError(f"{quote(text)} has no URL after =; {_FORM}")
    parts = head.removeprefix("[").removesuffix("]").split(":")
    name, version, engine, devices, *more = *parts, "", "", ""
    if is_unset(name):
        raise ValueError(f"{quote(text)} has no name before =; {_FORM}")
    if "/" in head:
        raise ValueError(f"{quote(text)} has a / before =; {_FORM}")
    if any(more):
        raise ValueError(f"{quote(text)} has more than name, version, engine and devices before =; {_FORM}")
    return Entry(url=url, name=name, version=version or None, engine=engine or None, devices=devices or None)
