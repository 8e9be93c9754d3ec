"""Whether what a command printed is what a document shows."""

import re

_ANYTHING = "…"
# What differs each time: the time of day, names made up for a request, fractions such as seconds and log-probabilities.
_VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "T"),
    (re.compile(r"\b[0-9a-f]{4,}(-[0-9a-f]{4,}){2,}\b|\b[0-9a-f]{8,}\b"), "X"),
    (re.compile(r"\d+\.\d+(e[-+]?\d+)?"), "0.0"),
    (re.compile(r"-0\.0"), "0.0"),
)


def is_as_shown(printed: str, shown: str) -> bool:
    """Whether an output has the lines of the one that is shown.

    A line `…` there stands for any lines, `…` in a line for any text; blanks and blank lines do not count.
    """
    pattern = "".join(map(_pattern, _lines(shown)))
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(printed))) is not None


def _pattern(line: str) -> str:
    if line == _ANYTHING:
        return r"(?:.*\n)*?"
    return ".*".join(map(re.escape, line.split(_ANYTHING))) + "\n"


def _lines(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [_stable(line) for line in lines if line]


def _stable(line: str) -> str:
    for pattern, placeholder in _VOLATILE:
        line = pattern.sub(placeholder, line)
    return line
