"""The site that `make docs` builds."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

_LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
_ELSEWHERE = re.compile(r"^(https?:)?//")


class _Loaded(HTMLParser):
    """What a browser fetches with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(_LOADED.get(tag, ""))
        if address and dict(attrs).get("rel") not in ("canonical", "next", "prev"):
            self.addresses.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(directory)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (built.returncode, built.stdout) == (0, ""), built.stderr
    return directory


def html(site: Path) -> Iterator[tuple[str, str]]:
    for path in site.rglob("*.html"):
        yield str(path.relative_to(site)), path.read_text(encoding="utf-8")


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    fetched = []
    for path, text in html(site):
        loaded = _Loaded()
        loaded.feed(text)
        fetched += [(path, address) for address in loaded.addresses if _ELSEWHERE.match(address)]
    assert fetched == []


def test_no_style_fetches_from_elsewhere(site: Path) -> None:
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import\s*)[\"']?(?:https?:)?//[^)\"']*", styles) == []


@pytest.mark.parametrize(
    ("page", "content"),
    [
        ("index.html", "speaks every serving platform's language"),
        ("security.html", "What is promised, and how it is tested"),
        ("contributing.html", "A new vLLM"),
        ("changelog.html", "Unreleased"),
        ("repository/src/dragoman/models/mini/index.html", "three million"),
        ("repository/src/dragoman/engine/routes.py.html", "routes"),
        ("repository/src/dragoman/gateway.html", "ledger.py"),
    ],
)
def test_files_outside_docs_are_pages(site: Path, page: str, content: str) -> None:
    assert content in (site / page).read_text(encoding="utf-8")


def test_their_links_lead_to_pages_of_the_site(site: Path) -> None:
    assert 'href="first-steps.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert 'src="shape.svg"' in (site / "index.html").read_text(encoding="utf-8")
    assert 'href="repository/tests/engine/test_routes.py.html"' in (site / "security.html").read_text(encoding="utf-8")
    assert 'href="security.html"' in (site / "scale.html").read_text(encoding="utf-8")
