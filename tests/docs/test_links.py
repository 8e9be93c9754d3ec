"""Links in the repository's own documents."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(path for folder in ("deploy", "docker", "docs", "src") for path in ROOT.glob(f"{folder}/**/*.md")),
]
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s#]+)")
_FENCE = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(document: Path) -> None:
    links = _LINK.findall(_FENCE.sub("", document.read_text(encoding="utf-8")))
    assert [link for link in links if not (document.parent / link).exists()] == []
