"""What a configuration can be written for, and what is written."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value
from dragoman.written.spellings import RAW_ARGUMENTS, Property, RawFlag, Spelling, Variable, flat

KEY, TOKEN = "DRAGOMAN_API_KEY", "HF_TOKEN"

# Where everybody who calls the worker calls it, which no other place can be told.
ADDRESS = ("host", "port", "uds", "health_port")
TLS = ("ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "ssl_cert_reqs", "ssl_ciphers")


@dataclass(frozen=True, slots=True)
class File:
    """A text, and the name under which the target has it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a worker finds at the target: its command line, its variables, and files in the directory that it reads."""

    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A configuration in the target's words.

    `secrets` are the variables whose values are not written, `notes` is what to say about it, `resolution` what the
    target's worker makes of it, and `gpus` how many GPUs somebody has said that there are.
    """

    spellings: tuple[Spelling, ...]
    secrets: tuple[str, ...]
    notes: tuple[str, ...]
    resolution: Resolution
    gpus: int | None


Spellings: TypeAlias = Callable[[Setting, Value, Catalogue], Iterator[Spelling]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a configuration can be written for, and what it says about its own settings to all others.

    `platform` is the one whose sources read what is written. `spellings` yields the ways in which it can be told a
    setting, the one that its users know first. `held` returns what its worker finds of them, `directory` is the flag
    for where the files among that are, and `evidence` has the variables that the platform sets itself, with values for
    where it has not. `files` returns the texts to paste. `secrets` says where each secret variable belongs; one that is
    not there cannot be told. `place` says why settings are left out that are about another place.

    Of the platform's own settings, `own` says why they are left out elsewhere, `derived` are those that follow from
    where the worker is, `successors` says by which other settings they are told elsewhere, and `hub_key` which of
    them holds the key of the hub.
    """

    name: str
    platform: str
    spellings: Spellings
    held: Callable[[Sequence[Spelling]], Held]
    files: Callable[[Draft], Sequence[File]]
    secrets: Mapping[str, str]
    directory: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    place: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    derived: frozenset[str] = frozenset()
    successors: Mapping[str, str] = field(default_factory=dict)
    hub_key: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A configuration as it is written for a target: the texts, and what to say about them."""

    target: str
    files: tuple[File, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        files = [{"name": file.name, "text": file.text} for file in self.files]
        return {"as": self.target, "files": files, "warnings": list(self.warnings)}

    def shown(self) -> str:
        """Return the texts; each under its name, where there are several."""
        several = len(self.files) > 1
        return "\n".join(f"# {file.name}\n{file.text}" if several else file.text for file in self.files)


def variables(spellings: Iterable[Spelling]) -> dict[str, str]:
    """Return the variables that say settings, that with flags in it among them."""
    said = list(spellings)
    raw = flat(each for each in said if isinstance(each, RawFlag))
    named = {each.name: each.value for each in said if isinstance(each, Variable)}
    return {**named, **({RAW_ARGUMENTS: shlex.join(raw)} if raw else {})}


def properties(spellings: Iterable[Spelling]) -> dict[str, str]:
    """Return the properties that say settings."""
    return {each.key: each.value for each in spellings if isinstance(each, Property)}


def comments(*lines: str) -> list[str]:
    """Return the lines as comments of shells, env files, properties and YAML."""
    return [f"# {line}" for line in lines]


def document(lines: Iterable[str]) -> str:
    """Return lines as the text of a file."""
    return "".join(f"{line}\n" for line in lines)
