"""What `mkdocs build` makes of links that leave docs/.

Documents link to any file of the repository by its relative path, as the repository's own viewers follow it. In the
site each such file is a page: README.md the first one, a document a document, other text a page that shows it.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

_ROOT = Path(__file__).parent.parent
_DOCS = PurePosixPath("docs")
_OTHERS = PurePosixPath("repository")
_PAGES = {
    PurePosixPath("README.md"): PurePosixPath("index.md"),
    PurePosixPath("SECURITY.md"): PurePosixPath("security.md"),
    PurePosixPath("CONTRIBUTING.md"): PurePosixPath("contributing.md"),
    PurePosixPath("CHANGELOG.md"): PurePosixPath("changelog.md"),
}
_SOURCES = {page: source for source, page in _PAGES.items()}
_LANGUAGES = {".py": "python", ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".sh": "bash"}
_FENCE = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)")
_UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each file outside docs/ that a page links to."""
    waiting = [*_PAGES, *(_DOCS / file.src_uri for file in files.documentation_pages())]
    seen = set(waiting)
    while waiting:
        source = waiting.pop()
        if not source.is_relative_to(_DOCS):
            files.append(_generated(source, config))
        new = {target for target in _targets(source) if target not in seen and not target.is_relative_to(_DOCS)}
        seen |= new
        waiting += sorted(new)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point a page's links at pages of the site."""
    uri = PurePosixPath(page.file.src_uri)
    source = _source(uri)

    def pointed(link: re.Match[str]) -> str:
        return relpath(_page(_target(source, link[1])), uri.parent)

    return "".join(text if is_fence else _LINK.sub(pointed, text) for text, is_fence in _divided(markdown))


def _targets(source: PurePosixPath) -> Iterator[PurePosixPath]:
    """Yield the files of the repository that a document links to."""
    if source.suffix == ".md":
        text = (_ROOT / source).read_text(encoding="utf-8")
        for part, is_fence in _divided(text):
            yield from (_target(source, link) for link in _LINK.findall(part) if not is_fence)


def _divided(markdown: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a document, and whether each is a fenced block."""
    end = 0
    for fence in _FENCE.finditer(markdown):
        yield markdown[end : fence.start()], False
        yield fence[0], True
        end = fence.end()
    yield markdown[end:], False


def _target(source: PurePosixPath, link: str) -> PurePosixPath:
    """Return the file of the repository that a link in another one means; for a folder its README, if it has one."""
    path = PurePosixPath(normpath(source.parent / link))
    readme = path / "README.md"
    return readme if (_ROOT / readme).is_file() else path


def _page(path: PurePosixPath) -> PurePosixPath:
    """Return where the site has a file of the repository."""
    if path.is_relative_to(_DOCS):
        return path.relative_to(_DOCS)
    if path in _PAGES or path.suffix == ".md":
        return _PAGES.get(path, _OTHERS / path)
    return _OTHERS / path.with_name(f"{path.name}.md")


def _source(page: PurePosixPath) -> PurePosixPath:
    """Return the file of the repository that a page of the site shows."""
    if page in _SOURCES:
        return _SOURCES[page]
    return page.relative_to(_OTHERS) if page.is_relative_to(_OTHERS) else _DOCS / page


def _generated(source: PurePosixPath, config: MkDocsConfig) -> File:
    inclusion = InclusionLevel.INCLUDED if source in _PAGES else InclusionLevel.NOT_IN_NAV
    return File.generated(config, str(_page(source)), content=_content(source), inclusion=inclusion)


def _content(source: PurePosixPath) -> str:
    """Return a file as a document."""
    path = _ROOT / source
    if path.is_dir():
        names = sorted(
            f"{each.name}/" if each.is_dir() else each.name for each in path.iterdir() if each.name[0] not in "._"
        )
        return _shown(source, "text", "\n".join(names))
    text = path.read_text(encoding="utf-8")
    return text if source.suffix == ".md" else _shown(source, _LANGUAGES.get(source.suffix, "text"), text)


def _shown(source: PurePosixPath, language: str, text: str) -> str:
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{_UNSEARCHED}# {source}\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"
