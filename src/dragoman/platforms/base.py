"""What a platform is to the settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dragoman.settings.assignments import Source
from dragoman.settings.catalogue import Setting
from dragoman.settings.resolution import Environ, no_variables
from dragoman.settings.rules import Rule
from dragoman.written.target import Target

Detect = Callable[[Mapping[str, str], Path | None], str | None]
Sources = Callable[["Surroundings"], Sequence[Source]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a platform's sources may read: the command line, the environment, the directories that are named there."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    model_dir: Path | None = None
    code_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A serving platform.

    `detect` returns the evidence that this is where the worker runs, in words, or None. `sources` returns where its
    settings come from, the strongest first, and `target` says how they are written for it. `settings` are those that
    only this platform has, and `variables` its own names for settings, the strongest first. `rules` are applied to
    what the sources have set, and after them the rules for what vLLM has dropped. `hands_down` names the settings whose
    values the platform's application gets, and `environ` returns the variables that the worker's processes shall have,
    with None for those that they shall not. `guard` names who checks who calls, where the platform lets nobody through
    to the worker whom it does not know.
    """

    name: str
    detect: Detect
    sources: Sources
    target: Target
    settings: Sequence[Setting] = ()
    variables: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    hands_down: Sequence[str] = ()
    environ: Environ = no_variables
    guard: str | None = None
