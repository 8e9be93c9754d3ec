"""Whether a model's name can be one."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dragoman.settings.files import refusal
from dragoman.settings.hub_cache import hub_directory, snapshot
from dragoman.settings.values import Value

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
# What vLLM reads a model's configuration from.
_CONFIGURATIONS = ("config.json", "params.json")
_WEIGHTS = ".gguf"


def looks_like_path(name: str) -> bool:
    """Return whether the name can only be meant as a path."""
    return name.startswith(("/", ".", "~"))


def problem(name: str) -> str | None:
    """Return why this cannot be a model, in words that follow its name; None where it may be one."""
    # Unlike pathlib's, the tests of os.path take a name that no file can have.
    if os.path.isdir(name):
        return problem_in_directory(Path(name))
    if os.path.exists(name):
        return None if name.endswith(_WEIGHTS) else "is a file, not a directory or a .gguf file"
    if looks_like_path(name):
        return refusal(Path(name)) or "does not exist"
    if "://" in name or _HUB_NAME.fullmatch(name):
        return None
    return "is neither a directory nor the name of a model on the hub, such as org/name"


def has_model(directory: Path) -> bool:
    """Return whether there is something in a directory that vLLM may load a model from; whether it can is not said."""
    with suppress(OSError, ValueError):
        return _configuration_file(directory) is not None or _has_weights(directory)
    return False


def problem_in_directory(directory: Path) -> str | None:
    """Return why the directory holds no model; None where it may."""
    if path := _configuration_file(directory):
        return _problem_in_configuration(path)
    try:
        found = _has_weights(directory)
    except OSError as problem:
        return f"cannot be read: {problem.strerror}"
    return None if found else f"has none of {', '.join(_CONFIGURATIONS)} or a {_WEIGHTS} file in it"


def _problem_in_configuration(path: Path) -> str | None:
    try:
        path.read_bytes()
    except OSError as problem:
        return f"has a {path.name} that cannot be read: {problem.strerror}"
    return None if holds_object(path) else f"has a {path.name} that is not a JSON object"


def _configuration_file(directory: Path) -> Path | None:
    paths = (directory / name for name in _CONFIGURATIONS)
    return next((path for path in paths if os.path.isfile(path)), None)


def _has_weights(directory: Path) -> bool:
    return any(name.endswith(_WEIGHTS) for name in os.listdir(directory))


def holds_object(path: Path) -> bool:
    """Return whether the file can be read and holds a JSON object."""
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (OSError, ValueError, RecursionError):
        return False


def at_hand(name: str, revision: str | None, environment: Mapping[str, str]) -> Path | None:
    """Return the directory that a model is in, its own or one of the hub's cache; None where it is in neither."""
    if os.path.isdir(name):
        return Path(name)
    with suppress(OSError):
        return snapshot(hub_directory(environment), name, revision) if _HUB_NAME.fullmatch(name) else None
    return None


def configuration(name: str, revision: str | None, environment: Mapping[str, str]) -> dict[str, Value]:
    """Return a model's config.json, from its directory or the hub's cache; empty where it is not at hand."""
    directory = at_hand(name, revision, environment)
    try:
        held = json.loads((directory / "config.json").read_bytes()) if directory else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
