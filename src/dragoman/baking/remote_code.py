"""Other repositories that the code of a model is in: transformers fetches it from them when the model is loaded."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from dragoman.baking.order import Part

_CONFIGURATIONS = ("config.json", "tokenizer_config.json", "processor_config.json", "preprocessor_config.json")
_CLASSES = "auto_map"
# `org/name--module.Class`, where a class is in another repository.
_SEPARATOR = "--"


def code_parts(part: Part, directory: Path) -> Iterator[Part]:
    """Yield the repositories that the configurations of a model name as those of its code.

    Args:
        part: the model.
        directory: where its files are.
    """
    code = replace(part.repository, revision=None, load_format=None)
    names = dict.fromkeys(name for file in _CONFIGURATIONS for name in _names(directory / file))
    yield from (Part("code", replace(code, name=name)) for name in names if name != part.repository.name)


def _names(path: Path) -> Iterator[str]:
    try:
        classes = json.loads(path.read_bytes()).get(_CLASSES, {})
    except (OSError, ValueError, AttributeError, RecursionError):
        return
    for reference in _texts(classes):
        name, separator, _ = reference.partition(_SEPARATOR)
        if separator:
            yield name


def _texts(held: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Yield all texts in a JSON value, however deep."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, dict | list):
        for each in held.values() if isinstance(held, dict) else held:
            yield from _texts(each)
