"""Directories of models, and what in them makes a model, as DJL Serving finds them when it starts."""

import os
from pathlib import Path

from dragoman.platforms.lmi.configuration.properties import chosen_model
from dragoman.settings.files import names_in
from dragoman.settings.models import has_model

STORE = Path("/opt/ml/model")
VARIABLE = "SERVING_MODEL_STORE"

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.z", ".npz")


def holds_model(directory: Path) -> bool:
    """Return whether a directory holds a model, or a file that names one."""
    return has_model(directory) or chosen_model(directory) is not None


def models_in(store: Path) -> list[Path]:
    """Return the models of a store: itself where it holds files, else those of its directories that hold a model.

    Names that begin with a dot are left out. A store that does not exist or cannot be read has none.
    """
    names = names_in(store)
    directories = [store / name for name in names if os.path.isdir(store / name)]
    archives = [name for name in names if name.lower().endswith(_ARCHIVES) and store / name not in directories]
    if len(directories) + len(archives) < len(names):
        return [store]
    return [path for path in map(_nested, directories) if holds_model(path)]


def _nested(directory: Path) -> Path:
    """Return the directory that is all there is in this one, else this one."""
    names = names_in(directory)
    return directory / names[0] if len(names) == 1 and os.path.isdir(directory / names[0]) else directory
