"""The directory `vllm` in the code directory: a model that is there already, or that load_model puts there."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.platforms.datarobot.configuration.code_directory import DEFAULT
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.models import has_model, problem_in_directory
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.values import quote
from dragoman.settings.view import View

FOLDER = "vllm"

_MOST_LISTED = 5


@dataclass(frozen=True, slots=True)
class ModelDirectory:
    """The directory in that of the code."""

    code_directory: Path

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Take the directory for the model where anything is in it; what cannot be one is an error.

        It does not matter where the model is elsewhere, and load_model may complete it.
        """
        directory = self.code_directory / FOLDER
        if "engine_url" in above:
            return Reading()
        refusal = _refusal(directory)
        if refusal is None and not is_filled(directory):
            return Reading()
        if problem := f"{directory} cannot be read: {refusal}" if refusal else why_no_model(directory):
            return Reading(errors=() if {"model", "model_from_hook"} & above.keys() else (problem,))
        return Reading((Assignment("model", str(directory), f"directory {directory}"),))


def is_filled(directory: Path) -> bool:
    """Return whether there is anything in the directory, which is when DRUM takes it for a model."""
    try:
        return bool(os.listdir(directory))
    except (OSError, ValueError):
        return False


def _refusal(directory: Path) -> str | None:
    """Return why nobody can look into a directory that is there."""
    try:
        os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as problem:
        return problem.strerror
    return None


def why_no_model(directory: Path) -> str | None:
    """Return why what is in the directory is no model, and what to do about it; None where it may be one."""
    if problem := problem_in_directory(directory):
        return f"{directory} {problem}, so it is no model: {_cure(directory)}"
    return None


def _cure(directory: Path) -> str:
    try:
        held = sorted(directory.iterdir())
    except OSError:
        return "see to it that the worker may read it"
    if nested := [path for path in held if has_model(path)]:
        return f"put the files of {nested[0]} into {directory} itself"
    listed = ", ".join(quote(f"{path.name}/" if path.is_dir() else path.name) for path in held[:_MOST_LISTED])
    more = f" and {len(held) - _MOST_LISTED} more" if len(held) > _MOST_LISTED else ""
    return f"it holds {listed}{more}; put all files of the model there, or remove these to use another model"


def missing_model(view: View) -> Iterator[Outcome]:
    """Look for a model; without one vLLM would serve one of its own choice."""
    place = Path(view.get("code_dir", DEFAULT)) / FOLDER
    named = any(view.get(name) for name in ("model", "engine_url", "model_from_hook"))
    if not named and not is_filled(place) and not _refusal(place):
        ways = f"set the runtime parameter model, or put the model's files into {place}"
        yield Remark(f"there is no model: {ways}, where load_model of custom.py may put them too", fatal=True)
