"""All generated documents."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from dragoman.forms.commands import commands
from dragoman.forms.configuration import configuration
from dragoman.forms.files import Document
from dragoman.platforms import PLATFORMS, catalogue_of
from dragoman.settings.catalogue import Catalogue


class Forms(Protocol):
    """The ``forms`` module of a platform's folder, where it has one."""

    def documents(self, catalogue: Catalogue) -> Iterator[Document]:
        """Yield the platform's documents, written from its catalogue."""


def documents() -> Iterator[Document]:
    """Yield every generated document."""
    yield Document("docs/configuration.md", configuration(PLATFORMS))
    yield Document("docs/cli.md", commands())
    for platform in PLATFORMS:
        module = f"dragoman.platforms.{platform.name}.forms"
        if find_spec(module):
            yield from cast(Forms, import_module(module)).documents(catalogue_of(platform))


def contents(directory: Path) -> dict[Path, str]:
    """Return what the generated files of a directory shall hold.

    Raises ConfigurationError where a file that is generated in part cannot be read or does not have that part.
    """
    wanted = ((directory / document.path, document.content(directory)) for document in documents())
    return {path: text for path, text in wanted if text is not None}
