"""What is to be baked: the models that the settings name, and where to."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dragoman.baking.room import ELSEWHERE
from dragoman.baking.tokens import hub_token
from dragoman.downloads.files import LOADED
from dragoman.downloads.repositories import MODELSCOPE, Repository
from dragoman.errors import ConfigurationError
from dragoman.platforms import catalogue_of
from dragoman.platforms.runpod import baking as runpod
from dragoman.platforms.runpod.settings import PLATFORM
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.models import problem
from dragoman.settings.resolution import Resolution, merge
from dragoman.settings.retired import speculation
from dragoman.settings.values import Value

SCHEME = "s3://"
MODEL = "model"
TOKENIZER = "tokenizer"
DRAFT = "draft model"

_NAMES = frozenset(
    {"model", "revision", "tokenizer", "tokenizer_revision", "quantization", "lora_modules", "speculative_config"}
    | {"load_format", "ignore_patterns", "base_path", "hf_token"}
    | {setting.name for setting in speculation.SETTINGS}
)
_FLAGS = {"model": "MODEL", "base_path": "--to"}
# What vLLM makes up itself, so that there are no weights to load.
_WEIGHTLESS = frozenset({"dummy"})
# An adapter's own files lie at the top; below may be what its training has left.
_BELOW = ("*/*",)


def adapter_role(name: str) -> str:
    """Return what an adapter is to the worker, in words."""
    return f"adapter {name}"


@dataclass(frozen=True)
class Part:
    """One of the models that a worker loads.

    Args:
        role: what it is to the worker, in words.
        repository: what it is called, where it is kept, and which of its files are read.
    """

    role: str
    repository: Repository

    @property
    def on_s3(self) -> bool:
        """Whether it is a URL of S3."""
        return self.repository.name.lower().startswith(SCHEME)

    def problem(self, directory: Path) -> str | None:
        """Return why it cannot be baked into a directory, in words that follow its name; None where it may."""
        name = self.repository.name
        if "://" in name and not self.on_s3:
            return f"cannot be baked: only {SCHEME} is read of all URLs"
        if os.path.isfile(name):
            return "is a file: name the directory that it is in"
        if not os.path.isdir(name):
            return problem(name)
        return f"would be copied into itself: {directory} lies in it; {ELSEWHERE}" if _holds(name, directory) else None


def _holds(name: str, directory: Path) -> bool:
    """Return whether a directory lies in one that would be copied into it."""
    stays = Path(os.path.abspath(name)).is_relative_to(directory)
    return not stays and Path(os.path.realpath(directory)).is_relative_to(os.path.realpath(name))


@dataclass(frozen=True)
class Order:
    """What is baked where.

    Args:
        directory: what all of it comes into.
        parts: the model first; empty where nothing is asked for.
        values: the settings that are given to the worker with it, by name.
        warnings: what the user should know, one line each.
        in_image: whether a build says so, with its variables: nobody has named the model on the command line.
    """

    directory: Path
    parts: tuple[Part, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    in_image: bool = False


@dataclass(frozen=True, slots=True)
class _Options:
    """The command line's options that are settings."""

    given: Mapping[str, Any]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Return them; one that is given and empty is an error, as of a script whose variable is not set."""
        empty = [name for name, raw in self.given.items() if not all(map(str.strip, _words(raw)))]
        return Reading(
            tuple(Assignment(name, raw, "command line") for name, raw in self.given.items()),
            errors=tuple(f"{_flag(name)} is empty: give a value, or leave it out (command line)" for name in empty),
        )


def _words(raw: str | Sequence[str]) -> Sequence[str]:
    return [raw] if isinstance(raw, str) else raw


def _flag(name: str) -> str:
    """Return what a setting is called on the command line."""
    return _FLAGS.get(name, f"--{name.replace('_', '-')}")


def ordered(options: Mapping[str, Any], environment: Mapping[str, str]) -> Order:
    """Return what the command line and the variables of a build ask for.

    Args:
        options: settings by name, as the command line has them.
        environment: the variables, those that the Dockerfile of RunPod's worker passes among them.

    Raises:
        ConfigurationError: it cannot be baked.
    """
    resolution = _resolved(options, environment)
    if resolution.errors:
        raise ConfigurationError(*resolution.errors)
    values = {each.name: each.value for each in resolution.settings if each.is_set and not each.secret}
    directory = Path(os.path.abspath(resolution.value("base_path")))
    parts = tuple(_parts(resolution, values, runpod.hub(directory), environment)) if "model" in values else ()
    found = ((part, part.problem(directory)) for part in parts)
    problems = [f"{part.role} {part.repository.name!r} {reason}" for part, reason in found if reason]
    if parts and environment.get(MODELSCOPE, "").lower() == "true":
        problems.append(f"{MODELSCOPE} is set, and only models of the Hugging Face hub can be baked: unset it")
    if problems:
        raise ConfigurationError(*problems)
    return Order(directory, parts, values, resolution.warnings, in_image="model" not in options)


def _resolved(options: Mapping[str, Any], environment: Mapping[str, str]) -> Resolution:
    return merge(
        PLATFORM.name,
        catalogue_of(PLATFORM),
        (_Options(options), *runpod.sources(environment, _NAMES)),
        environment,
        rules=speculation.RULES,
    )


def _parts(
    resolution: Resolution, values: Mapping[str, Value], cache: Path, environment: Mapping[str, str]
) -> Iterator[Part]:
    given = resolution.value("hf_token")
    model = Repository(
        name=values["model"],
        revision=values.get("revision"),
        cache=cache,
        token=given if isinstance(given, str) else hub_token(environment),
        load_format=_load_format(resolution.value("load_format")),
        ignored=tuple(resolution.value("ignore_patterns")),
    )
    yield Part(MODEL, model)
    tokenizer = values.get("tokenizer", model.name)
    # As documented for RunPod's worker, another repository's is that of its main branch.
    revision = values.get("tokenizer_revision", model.revision if tokenizer == model.name else None)
    if (tokenizer, revision) != (model.name, model.revision):
        yield Part(TOKENIZER, replace(model, name=tokenizer, revision=revision, load_format=None))
    for module in values.get("lora_modules", ()):
        adapter = replace(model, name=module["path"], revision=None, load_format="auto", ignored=_BELOW)
        yield Part(adapter_role(module["name"]), adapter)
    draft = values.get("speculative_config", {})
    if isinstance(draft.get("model"), str) and draft["model"] != model.name:
        yield Part(DRAFT, replace(model, name=draft["model"], revision=draft.get("revision")))


def _load_format(chosen: str) -> str | None:
    """Return the format that says which weights are read; loaders of their own read what `auto` does, if anything."""
    if chosen in _WEIGHTLESS:
        return None
    return chosen if chosen in LOADED else "auto"
