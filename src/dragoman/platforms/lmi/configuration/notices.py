"""What may be in a model directory that the worker does nothing with."""

import os
from collections.abc import Iterator
from pathlib import Path

from dragoman.platforms.lmi.configuration.adapter_files import FOLDER
from dragoman.platforms.lmi.configuration.directory import model_directories
from dragoman.settings.files import names_in
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View

HANDLER = "model.py"

_PACKAGES = "the worker installs nothing when it starts"
_INSTEAD = (
    "the worker runs no code of the model's; vLLM answers in the shapes of LMI's own handler, and "
    "rolling_batch, output_formatter and tgi_compat choose which; any other format needs a service in front of it"
)


def packages(view: View) -> Iterator[Outcome]:
    """Say that packages are not installed, and how to have them."""
    for directory in model_directories(view):
        listed, wheels = directory / "requirements.txt", directory / "requirements"
        if os.path.isfile(listed):
            yield Remark(f"{listed} is ignored: {_PACKAGES}; build an image in which pip has installed it")
        if os.path.isdir(wheels):
            yield Remark(f"{wheels} is ignored: {_PACKAGES}; build an image in which pip has installed these wheels")


def code(view: View) -> Iterator[Outcome]:
    """Say that handlers and formatters are not run, and what there is in their place."""
    for directory in model_directories(view):
        yield from (Remark(f"{path} is ignored: {_INSTEAD}") for path in _handlers(directory))


def _handlers(directory: Path) -> list[Path]:
    adapters = directory / FOLDER
    paths = (directory / HANDLER, *(adapters / name / HANDLER for name in names_in(adapters)))
    return [path for path in paths if os.path.isfile(path)]


RULES = (packages, code)
