"""The file that RUNTIME_PARAMS_FILE names, with values of the runtime parameters that model-metadata.yaml defines.

As in DRUM, each parameter that is defined gets a variable, in place of one that is there: with the file's value, else
the definition's default, else null.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.platforms.datarobot.configuration import metadata
from dragoman.platforms.datarobot.configuration.definitions import Definition, definitions
from dragoman.platforms.datarobot.configuration.entries import PARAMETER
from dragoman.platforms.datarobot.configuration.files import Unreadable, reason
from dragoman.platforms.datarobot.configuration.payloads import Payload
from dragoman.platforms.datarobot.configuration.variables import SHOWN
from dragoman.platforms.datarobot.configuration.yaml_files import text_of, typed
from dragoman.settings.values import Value

SETTING = "runtime_params_file"


@dataclass(frozen=True, slots=True)
class Given:
    """What a runtime parameter is set to, and where."""

    payload: Payload
    source: str


@dataclass(frozen=True, slots=True)
class Values:
    """The parameters that a values file sets, by name, and what is wrong with it."""

    parameters: Mapping[str, Given]
    errors: tuple[str, ...] = ()

    def variables(self) -> dict[str, str]:
        """Return the variables that DRUM's hooks read them from."""
        return {PARAMETER + name: given.payload.to_json() for name, given in self.parameters.items()}


def read_values(path: Path, directory: Path) -> Values:
    """Return what a values file sets.

    Args:
        path: the file.
        directory: the code directory, in which model-metadata.yaml defines the parameters.
    """
    try:
        defined = definitions(directory)
    except FileNotFoundError:
        return Values({}, (f"{directory / metadata.FILE} must exist to use runtime parameters from {path}",))
    except Unreadable as problem:
        return Values({}, (f"{directory / metadata.FILE}: {reason(problem)}",))
    try:
        held = typed(text_of(path))
        if not isinstance(held, dict):
            raise ValueError("it is not a mapping of parameters to values")
    except Unreadable as problem:
        return Values({}, (f"{path}: {reason(problem)}",))
    return _values(path, directory, defined, held)


def _values(path: Path, directory: Path, defined: Mapping[str, Definition], held: Mapping[str, Value]) -> Values:
    parameters, errors = dict[str, Given](), list[str]()
    for name, definition in defined.items():
        default = f"{directory / metadata.FILE} defaultValue of {name}"
        value, source = (held[name], f"{path} key {name}") if name in held else (definition.default, default)
        try:
            parameters[name] = Given(definition.payload(value), source)
        except ValueError as problem:
            # What the worker does not know may be a secret.
            why = problem if name in SHOWN else f"its value is no {definition}"
            errors.append(f"{name}: {why} ({source})")
    return Values(parameters, tuple(errors))
