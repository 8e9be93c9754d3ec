from pathlib import Path

from dragoman.platforms import catalogue_of
from dragoman.platforms.lmi.forms import documents
from dragoman.platforms.lmi.settings import PLATFORM

ROOT = Path(__file__).parent.parent.parent.parent


def test_docs_are_what_dragoman_forms_writes() -> None:
    (document,) = documents(catalogue_of(PLATFORM))
    assert document.content(ROOT) == (ROOT / "docs/lmi.md").read_text(encoding="utf-8")
