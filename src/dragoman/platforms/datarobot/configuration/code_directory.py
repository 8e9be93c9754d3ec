"""The directory of a custom model's own files."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from dragoman.platforms.base import Surroundings
from dragoman.settings.assignments import Assignment, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.command_line import read_command_line
from dragoman.settings.rules import Change, Outcome
from dragoman.settings.view import View
from dragoman.settings.worker import WORKER_SETTINGS

NAME = "code_dir"
VARIABLE = "CODE_DIR"
# That of the drop-in environment.
DEFAULT = Path("/opt/code")
# DRUM has a short flag for it.
SETTING = replace(next(each for each in WORKER_SETTINGS if each.name == NAME), flags=("--code-dir", "-cd"))


def code_directory(surroundings: Surroundings) -> Path:
    """Return the directory, made absolute: what the worker's settings say, else the variable, else the usual one."""
    named = _flagged(surroundings) or surroundings.code_dir or surroundings.environment.get(VARIABLE, "").strip()
    return Path(os.path.abspath(named)) if named else DEFAULT


def _flagged(surroundings: Surroundings) -> str | None:
    read = read_command_line(surroundings.arguments, Catalogue([SETTING]), "command line").assignments
    return next((str(each.raw) for each in reversed(read) if each.name == NAME and each.raw), None)


def default(directory: Path) -> Callable[[Mapping[str, Settled]], Iterator[Assignment]]:
    """Return the default that says where the directory is, where it is there and nothing else has."""

    def chosen(above: Mapping[str, Settled]) -> Iterator[Assignment]:
        if NAME not in above and os.path.isdir(directory):
            yield Assignment(NAME, str(directory), "worker default on DataRobot")

    return chosen


def absolute(view: View) -> Iterator[Outcome]:
    """Make the directory absolute."""
    named = view.settled(NAME)
    if named and named.value != (path := os.path.abspath(named.value)):
        yield Change(NAME, path, named.source, named.rank)
