"""The little Markdown that generated documents need."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells may hold any text on one line."""
    lines = [header, ["---"] * len(header), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(*words: str) -> str:
    """Return the words as code, with commas between them."""
    return ", ".join(f"`{word}`" for word in words)


def fill(text: str, name: str, content: str) -> str:
    """Return the text with the content in place of what stands between the two markers of that name.

    Raises ValueError where the text does not have the two, in order.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"there is no {begin} with {end} after it")
    return f"{before}{begin}\n{content}\n{end}{after}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
