"""What is to be said about a configuration that was written, each in a sentence."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dragoman.machine import count_gpus
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value, quote
from dragoman.written.configuration import Entry
from dragoman.written.spellings import RAW_ARGUMENTS, is_one_line
from dragoman.written.target import Target

# Paths of requests, which are no files.
_ROUTES = frozenset({"root_path", "url_prefix", "disable_access_log_for_endpoints"})
# How variables begin that the engine's libraries read by themselves, and one that the worker reads.
_LIBRARIES = ("VLLM_", "NCCL_", "LMCACHE_", "PYTORCH_")
_OF_THE_WORKER = frozenset({RAW_ARGUMENTS, "VLLM_API_KEY"})


def left_out(entry: Entry, reason: str) -> str:
    """Return that a setting is not written, and why."""
    return f"{entry.cited} is left out: {reason}"


def obstacle(entry: Entry, target: Target, there: Resolution) -> str:
    """Return why the target cannot be told a setting; `there` is what its worker has."""
    if isinstance(entry.value, str) and not is_one_line(entry.value):
        return "a variable holds one line; where the setting takes a file, put it into one and name that"
    return f"{target.name} cannot be told so, and has {quote(there.value(entry.name))}"


def on_secrets(variables: Iterable[str], target: Target) -> Iterator[str]:
    """Yield where the secrets belong."""
    for name in variables:
        if name in target.secrets:
            yield f"{name} is secret and not written: {target.secrets[name]}"
        else:
            yield f"{name} is left out: {target.place['api_key']}"


def on_entries(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield what is to be done about values: those with something secret in them, and files of this machine."""
    for entry in entries:
        if entry.masked:
            yield f"{entry.cited} holds what is secret, and *** is written in its place: put it back there"
    if files := ", ".join(entry.cited for entry in entries if _names_files(entry)):
        yield f"what is named here is on this machine: have it at the same place there: {files}"


def _names_files(entry: Entry) -> bool:
    return entry.name not in _ROUTES and any(map(_is_file, _texts(entry.value)))


def _is_file(text: str) -> bool:
    # Unlike pathlib's, this takes a name that no file can have.
    return "/" in text and os.path.exists(text)


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for held in value.values() if isinstance(value, dict) else value:
            yield from _texts(held)


def on_undecided(entries: Iterable[Entry], target: Target, there: Resolution) -> Iterator[str]:
    """Yield what nobody has set here, so that it cannot be told, and what the target makes of it."""
    if decided := ", ".join(f"{entry.name} {quote(there.value(entry.name))}" for entry in entries):
        yield f"nobody has set what {target.name} decides by itself: {decided}"


def on_variables(environment: Mapping[str, str], catalogue: Catalogue) -> Iterator[str]:
    """Yield which variables are no settings of the worker's, but count for its engine."""
    known = {name for setting in catalogue for name in setting.variables} | _OF_THE_WORKER
    others = sorted(name for name in environment.keys() - known if name.startswith(_LIBRARIES))
    if others:
        yield f"the engine's libraries read variables that are not written, set them there too: {', '.join(others)}"


def on_gpus(resolution: Resolution, environment: Mapping[str, str], target: Target) -> Iterator[str]:
    """Yield that what follows from GPUs is not known on a machine without them."""
    plain = {resolution.platform, target.platform} == {"plain"}
    remote = resolution.value("engine_url") is not None
    if not plain and not remote and resolution.value("gpus") is None and count_gpus(environment) == 0:
        yield "this machine has no GPU, so what the worker decides for GPUs is not written: add --gpus N"
