"""model-metadata.yaml: what a custom model is.

DRUM 1.18 takes these keys and no others, and reads the file with strictyaml, which sees text in every value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.platforms.datarobot.configuration.files import Unreadable, is_there, reason
from dragoman.platforms.datarobot.configuration.yaml_files import strict, text_of
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.suggestions import closest
from dragoman.settings.values import Value, boolean, quote

FILE = "model-metadata.yaml"
DEFINITIONS = "runtimeParameterDefinitions"
NAME = "target_type"

_TARGET_TYPE = "targetType"
_SWITCH = "majorVersion"
_REQUIRED = ("name", "type", _TARGET_TYPE)
KEYS = frozenset(
    {
        *_REQUIRED,
        DEFINITIONS,
        _SWITCH,
        "environmentID",
        "validation",
        "modelID",
        "description",
        "inferenceModel",
        "trainingModel",
        "hyperparameters",
        "typeSchema",
        "inputSchema",
        "customPredictor",
        "userCredentialSpecifications",
        "lazyLoading",
    }
)


def read_metadata(directory: Path) -> dict[str, Value] | None:
    """Return the file's contents as DRUM has them; None where there is no file.

    Raises OSError where it cannot be read, and ValueError where DRUM would not take it.
    """
    path = directory / FILE
    if not is_there(path):
        return None
    held = strict(text_of(path))
    if not isinstance(held, dict):
        raise ValueError("it is not a mapping")
    if strange := [key for key in held if key not in KEYS]:
        raise ValueError(_unknown(strange[0]))
    if missing := [key for key in _REQUIRED if key not in held]:
        raise ValueError(f"there is no {' and no '.join(missing)}")
    return {key: boolean(value) if key == _SWITCH else value for key, value in held.items()}


def _unknown(key: Value) -> str:
    guess = closest(str(key), KEYS)
    return f"{quote(key)} is not one of its keys" + (f"; did you mean {guess}?" if guess else "")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The file in a directory, of which the type of the target is a setting."""

    directory: Path

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the file; one that DRUM would not take, or that contradicts what has been said, is an error."""
        path = self.directory / FILE
        try:
            held = read_metadata(self.directory)
        except Unreadable as problem:
            return Reading(errors=(f"{path}: {reason(problem)}",))
        if held is None:
            return Reading()
        target, source = str(held[_TARGET_TYPE]).strip().lower(), f"{path} key {_TARGET_TYPE}"
        said = above.get(NAME)
        differs = f"{NAME} {quote(said.value)} ({said.source}) is not that of {source}: {quote(target)}" if said else ""
        return Reading((Assignment(NAME, target, source),), errors=(differs,) if said and said.value != target else ())
