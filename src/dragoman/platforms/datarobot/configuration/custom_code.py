"""custom.py, the user's own code, which is read here and not run."""

import ast
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.platforms.datarobot.configuration.files import Unreadable, content, reason
from dragoman.platforms.datarobot.configuration.model_directory import FOLDER
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue

FILE = "custom.py"
LOAD_MODEL = "load_model"
FROM_HOOK = "model_from_hook"


def files_named(name: str, directory: Path) -> list[Path]:
    """Return the files of that name in a directory and in all that are in it, as DRUM looks for them."""
    places = os.walk(directory) if os.path.isdir(directory) else ()
    return sorted(Path(place, name) for place, _, files in places if name in files)


def hidden_places(directory: Path) -> list[OSError]:
    """Return the directories in which nobody can look for a file, as the problems with them."""
    problems = list[OSError]()
    for _ in os.walk(directory, onerror=problems.append) if os.path.isdir(directory) else ():
        pass
    return problems


def line_of(name: str, path: Path) -> int | None:
    """Return the line in which a module gives, or may give, something that name; None where it does not.

    Raises OSError where the file cannot be read, and ValueError where it is not Python.
    """
    try:
        with warnings.catch_warnings():
            # Python warns where it runs the code too.
            warnings.simplefilter("ignore")
            module = ast.parse(content(path))
    except SyntaxError as problem:
        raise ValueError(f"{problem.msg} in line {problem.lineno}") from None
    except (MemoryError, RecursionError):
        raise ValueError("it is nested too deeply") from None
    # What an asterisk brings is not known before the code runs.
    return next((node.lineno for node in _outside(module.body) if {name, "*"}.intersection(_bound(node))), None)


def _outside(body: Sequence[ast.AST]) -> Iterator[ast.stmt]:
    """Yield the statements of a module that stand outside of functions and classes."""
    for node in body:
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            yield from _outside(list(ast.iter_child_nodes(node)))


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names to which a statement gives a meaning."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names)
        case ast.Assign(targets=targets):
            parts = (part for target in targets for part in ast.walk(target))
            yield from (part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name


@dataclass(frozen=True, slots=True)
class CustomCode:
    """What custom.py has to say about the model: its load_model may bring it."""

    directory: Path

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Look for custom.py; several of them, one that is not Python, and places nobody can look into are errors."""
        if hidden := hidden_places(self.directory):
            return Reading(errors=tuple(f"{each.filename}: {reason(each)}" for each in hidden))
        files = files_named(FILE, self.directory)
        if len(files) > 1:
            return Reading(errors=(f"there must be one {FILE}, and these are {len(files)}: {_listed(files)}",))
        try:
            lines = {path: line for path in files if (line := line_of(LOAD_MODEL, path))}
        except Unreadable as problem:
            return Reading(errors=(f"{files[0]}: {reason(problem)}",))
        # A model that flags name, here or in engine_config.json, stays what it is.
        chosen = {"model", "engine_url"} & above.keys()
        return Reading(() if chosen else tuple(self._assignment(path, line) for path, line in lines.items()))

    def _assignment(self, path: Path, line: int) -> Assignment:
        place = self.directory / FOLDER
        return Assignment(FROM_HOOK, True, f"{path} line {line}: {LOAD_MODEL} may fill {place}")


def _listed(files: Sequence[Path]) -> str:
    return ", ".join(map(str, files))
