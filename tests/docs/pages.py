"""The commands of the documents, and what the documents say comes of them."""

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent.parent
_SHOWN = "text"
_PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Command:
    """What a user types, in which line, and the output that is shown for it; None where there is none."""

    text: str
    line: int
    output: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A document by its path in the repository, and its commands in order."""

    path: str
    commands: tuple[Command, ...]


def pages() -> list[Page]:
    """Every document with commands."""
    paths = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")), *ROOT.glob("docs/**/*.md")]
    read = (Page(str(path.relative_to(ROOT)), tuple(commands(path.read_text("utf-8")))) for path in sorted(paths))
    return [page for page in read if page.commands]


def commands(markdown: str) -> Iterator[Command]:
    """The commands of a document: those of its ```sh blocks, in order.

    In a block with lines that begin with `$ `, only those are commands, and what follows one is its output. Else all
    lines are, and a ```text block right after the block is the output of the last one.
    """
    tokens = MarkdownIt().parse(markdown)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "fence" and token.info == "sh":
            begin = token.map[0] + 2 if token.map else 0
            lines = list(enumerate(token.content.splitlines(), begin))
            if any(line.startswith(_PROMPT) for _, line in lines):
                yield from _session(lines)
            else:
                yield from _script(lines, _output(following))


def _output(token: Token | None) -> str | None:
    return token.content if token is not None and token.type == "fence" and token.info == _SHOWN else None


def _script(lines: Sequence[tuple[int, str]], output: str | None) -> Iterator[Command]:
    *first, last = _whole(lines)
    yield from first
    yield Command(last.text, last.line, output)


def _session(lines: Sequence[tuple[int, str]]) -> Iterator[Command]:
    starts = [index for index, (_, line) in enumerate(lines) if line.startswith(_PROMPT)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        number, line = lines[start]
        first = next(_whole([(number, line.removeprefix(_PROMPT)), *lines[start + 1 : end]]))
        rest = lines[start + len(first.text.splitlines()) : end]
        yield Command(first.text, number, "\n".join(line for _, line in rest))


def _whole(lines: Iterable[tuple[int, str]]) -> Iterator[Command]:
    """Put lines together until a shell takes them for a whole command."""
    begun: list[str] = []
    for number, line in lines:
        begun.append(line)
        text = "\n".join(begun)
        if _is_whole(text):
            if text.strip():
                yield Command(text, number - len(begun) + 1)
            begun.clear()
    assert not begun, f"no whole command: {begun}"


def _is_whole(text: str) -> bool:
    checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    return not (checked.returncode or checked.stderr or text.endswith("\\"))
