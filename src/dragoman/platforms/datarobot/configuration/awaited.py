"""What the configuration names in the code directory, and load_model of custom.py is yet to bring."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dragoman.platforms.datarobot.configuration.code_directory import DEFAULT
from dragoman.platforms.datarobot.configuration.custom_code import FILE, LOAD_MODEL, files_named, line_of
from dragoman.platforms.datarobot.configuration.files import Unreadable
from dragoman.settings import models, templates
from dragoman.settings.checks import AWAITED, MAY_BE_AWAITED
from dragoman.settings.rules import Change, Outcome
from dragoman.settings.values import Value
from dragoman.settings.view import View


def awaited(view: View) -> Iterator[Outcome]:
    """Leave it to the time after load_model to look for what is not in the code directory yet."""
    directory = Path(view.get("code_dir", DEFAULT))
    named = [name for name in MAY_BE_AWAITED if _may_come(view.get(name), directory)]
    missing = {name: [view.get(name), view.cite(name)] for name in named if _is_missing(name, view.get(name))}
    hook = _hook(directory) if missing else None
    if hook or view.settled(AWAITED):
        # Nobody else may say what is not looked for now.
        yield Change(AWAITED, missing if hook else {}, hook or "worker", 0)


def problems(waiting: Mapping[str, Value]) -> Iterator[str]:
    """Yield what is still wrong with what was waited for: who named it, and the problem."""
    for name, (path, cited) in waiting.items():
        if reason := _problem(name, path):
            yield f"{cited} {reason}"


def _problem(name: str, path: str) -> str | None:
    if name == "model":
        return models.problem(path)
    if not os.path.exists(path):
        return "does not exist"
    return templates.problem_with_setting(path) if name == "chat_template" else None


def _is_missing(name: str, path: str) -> bool:
    return bool(models.problem(path)) if name == "model" else not os.path.exists(path)


def _may_come(named: str | None, directory: Path) -> bool:
    if not named or not models.looks_like_path(named):
        return False
    return Path(os.path.abspath(named)).is_relative_to(os.path.abspath(directory))


def _hook(directory: Path) -> str | None:
    """Return where load_model is; None where there is none, and where custom.py cannot be read, which is an error."""
    try:
        lines = {path: line_of(LOAD_MODEL, path) for path in files_named(FILE, directory)}
    except Unreadable:
        return None
    return next((f"{path} line {line}: {LOAD_MODEL} may bring it" for path, line in lines.items() if line), None)
