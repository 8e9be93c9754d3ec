"""Whether this is an LMI container."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dragoman.platforms.lmi.configuration.entries import OPTION_VARIABLE
from dragoman.platforms.lmi.configuration.identity import HF_MODEL_ID, store_directory
from dragoman.platforms.lmi.configuration.load_models import VARIABLE as LOAD_MODELS
from dragoman.platforms.lmi.configuration.properties import FILE
from dragoman.settings.values import is_unset


def detect(environment: Mapping[str, str], model_dir: Path | None) -> str | None:
    """Return the variable or the file that only LMI has."""
    return next(_evidence(environment, model_dir), None)


def _evidence(environment: Mapping[str, str], model_dir: Path | None) -> Iterator[str]:
    for name in sorted(environment):
        if _is_ours(name) and _says_something(name, environment[name]):
            yield f"variable {name}"
    path = store_directory(environment, model_dir) / FILE
    if os.path.lexists(path):
        yield str(path)


def _is_ours(name: str) -> bool:
    return name.startswith(OPTION_VARIABLE) or name in (LOAD_MODELS, HF_MODEL_ID)


def _says_something(name: str, text: str) -> bool:
    # NONE is a word of SERVING_LOAD_MODELS.
    return bool(text.strip()) if name == LOAD_MODELS else not is_unset(text)
