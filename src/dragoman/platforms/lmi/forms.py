"""The part of docs/lmi.md that is written from the catalogue."""

from collections.abc import Iterator

from dragoman.forms.files import Document
from dragoman.platforms.lmi.documented import options
from dragoman.settings.catalogue import Catalogue


def documents(catalogue: Catalogue) -> Iterator[Document]:
    """Yield the tables of what each option and each variable does now."""
    yield Document("docs/lmi.md", options(catalogue), part="options")
