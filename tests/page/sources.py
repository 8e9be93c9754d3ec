"""What the files of every page must and must not hold."""

import re
from collections.abc import Iterator
from pathlib import Path

from dragoman.page.assets import COMMON

HTML_OF_TEXT = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=")
ELSEWHERE = re.compile(r"(?:https?:)?//[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b")
# Namespaces and what comments refer to are not fetched.
NAMED = {"http://www.w3.org", "https://prometheus.io"}


class Sources:
    """The files of a page, the common ones among them.

    Args:
        folder: the page's own files.
    """

    def __init__(self, folder: Path) -> None:
        paths = [*COMMON.iterdir(), *folder.iterdir()]
        self.texts = {path.name: path.read_text() for path in paths if path.is_file()}
        self.paths = paths

    def check(self) -> None:
        """Fails where a rule is broken, with what breaks it."""
        assert len(self.texts) == len(self.paths), "two files have the same name"
        assert [(name, found) for name, found in self._all(ELSEWHERE) if found not in NAMED] == []
        assert INLINE.findall(self.texts["index.html"]) == []
        assert list(self._all(HTML_OF_TEXT)) == []
        assert set(self._scripts(r'from "\./([\w.]+)"')) <= set(self.texts)
        there = re.findall(r'\sid="([\w-]+)"', self.texts["index.html"])
        assert set(self._scripts(r'byId\("([\w-]+)"\)')) <= set(there)
        assert len(there) == len(set(there))
        linked = re.findall(r'(?:href|src)="/?page/([^"]+)"', self.texts["index.html"])
        assert set(linked) <= set(self.texts)

    def _all(self, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
        return ((name, found) for name, text in self.texts.items() for found in pattern.findall(text))

    def _scripts(self, pattern: str) -> Iterator[str]:
        return (
            found for name, text in self.texts.items() if name.endswith(".js") for found in re.findall(pattern, text)
        )
