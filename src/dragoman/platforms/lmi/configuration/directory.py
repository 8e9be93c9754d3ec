"""The model directory: where serving.properties, adapters, templates and the like are."""

import os
from collections.abc import Iterator
from pathlib import Path

from dragoman.settings.view import View

# The directory that the model was registered from.
PROPERTIES = "properties_dir"


def model_directories(view: View) -> Iterator[Path]:
    """Yield the directory that the model was registered from, and that of its weights, where they are on this disk."""
    places = dict.fromkeys(place for name in (PROPERTIES, "model") if (place := view.get(name)))
    # Unlike pathlib's, the tests of os.path take a name that no file can have.
    yield from (Path(place) for place in places if os.path.isdir(place))


def in_model_directory(view: View, name: str) -> Path:
    """Return the file of that name in the model directory; an absolute path stays what it is."""
    paths = [directory / name for directory in model_directories(view)] or [Path(name).absolute()]
    return next((path for path in paths if os.path.isfile(path)), paths[0])
