"""The model that was put into the image when it was built, as the files of RunPod's own worker describe it.

Images of worker-vllm from 1.1 on hold a JSON object of settings, older ones two files with a path each.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.values import Value

ARGUMENTS = Path("/local_model_args.json")
MODEL = Path("/local_model_path.txt")
TOKENIZER = Path("/local_tokenizer_path.txt")

# It names the model to clients, and is no argument of the engine's.
SERVED_NAME = "SERVED_MODEL_NAME"


def is_baked(settled: Settled | None) -> bool:
    """Return whether a setting comes from the files."""
    return settled is not None and settled.source.startswith((str(ARGUMENTS), str(MODEL), str(TOKENIZER)))


def arguments() -> Mapping[str, Value]:
    """Return the JSON file's object; empty where there is no file.

    Raises OSError where it cannot be read, and ValueError where it is not a JSON object.
    """
    if not ARGUMENTS.exists():
        return {}
    held = json.loads(ARGUMENTS.read_bytes())
    if not isinstance(held, dict):
        raise ValueError("it is not a JSON object")
    return held


def served_name() -> str | None:
    """Return the model's name on the hub, where the file says it."""
    try:
        held = {key.upper(): value for key, value in arguments().items()}
    except (OSError, ValueError, RecursionError):
        return None
    name = held.get(SERVED_NAME)
    return name if isinstance(name, str) and name.strip() else None


@dataclass(frozen=True, slots=True)
class BakedModel:
    """The files of the image."""

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the JSON file, else the older files; one that is broken is an error."""
        try:
            held = arguments()
            paths = [] if held else list(_paths())
        except (OSError, ValueError, RecursionError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            file = getattr(problem, "filename", None) or ARGUMENTS
            return Reading(errors=(f"{file} cannot be read: {reason}",))
        return _reading(held, catalogue) if held else Reading(tuple(paths))


def _paths() -> Iterator[Assignment]:
    for name, file in (("model", MODEL), ("tokenizer", TOKENIZER)):
        if file.exists():
            yield Assignment(name, os.fsdecode(file.read_bytes()).strip(), str(file))


def _reading(held: Mapping[str, Value], catalogue: Catalogue) -> Reading:
    """Return the settings that the object's keys, variables or names in any case, mean."""
    variables = {variable: setting.name for setting in catalogue for variable in setting.variables}
    names = {key: variables.get(key.upper()) for key in held if key.upper() != SERVED_NAME}
    assignments = (Assignment(name, held[key], f"{ARGUMENTS} key {key}") for key, name in names.items() if name)
    return Reading(tuple(assignments), warnings=tuple(_remarks(names)))


def _remarks(names: Mapping[str, str | None]) -> Iterator[str]:
    for key, name in names.items():
        if name is None:
            yield f"{ARGUMENTS}: {key} sets nothing"
    if "model" not in names.values():
        yield f"{ARGUMENTS} names no model"
