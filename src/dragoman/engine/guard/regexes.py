"""What compiling a regular expression, or a grammar, costs, which is decided by its counted repeats."""

import re
from dataclasses import dataclass

# What an expression is made of, as far as it matters here: escapes and classes are one atom each. Nothing is tried
# twice, so reading takes time that grows with the length. To xgrammar a class ends with the first ] after [^.
CLASS = r"\[\]?+(?:\\.|[^\]\\])*+\]?+"
REPEAT = r"\{\s*+(\d*+)\s*+,?+\s*+(\d*+)\s*+\}"
PIECE = re.compile(rf"\\.|{CLASS}|{REPEAT}|.", re.DOTALL)
# A grammar's pieces, between which there may be blanks: its strings may hold what would be a bracket elsewhere.
STRING = r'"(?:\\.|[^"\\])*+"?+'
GRAMMAR_PIECE = re.compile(rf"{STRING}|{CLASS}|{REPEAT}|\S", re.DOTALL)
LONGEST_NUMBER = 9


@dataclass(frozen=True)
class Size:
    """How large an expression is.

    Args:
        atoms: how many atoms it has.
        weight: how many it has when its repeats are written out, each as often as it may be.
        steps: what its repeats cost: xgrammar 0.2.8 takes time that grows with the square of each.
    """

    atoms: int = 0
    weight: int = 0
    steps: int = 0

    def and_then(self, other: "Size") -> "Size":
        """Both, one after the other."""
        return Size(self.atoms + other.atoms, self.weight + other.weight, self.steps + other.steps)

    def repeated(self, times: int) -> "Size":
        """The same, so many times."""
        return Size(self.atoms, self.weight * times, self.steps + self.atoms * times**2)


def size(expression: str) -> Size:
    """The size of an expression, right or wrong."""
    return _size(PIECE, expression)


def grammar_size(grammar: str) -> Size:
    """The size of a grammar, right or wrong."""
    return _size(GRAMMAR_PIECE, grammar)


def _size(pieces: re.Pattern[str], expression: str) -> Size:
    # What stands before the last atom or group, for each group that is open.
    before, last = [Size()], Size()
    for piece in pieces.finditer(expression):
        if (times := _times(piece)) is not None:
            last = last.repeated(times)
        elif piece[0] == ")" and len(before) > 1:
            last = before.pop().and_then(last)
        else:
            before[-1] = before[-1].and_then(last)
            last = Size() if piece[0] == "(" else _atoms(piece[0])
            before.extend([Size()] if piece[0] == "(" else [])
    for outer in reversed(before):
        last = outer.and_then(last)
    return last


def _atoms(piece: str) -> Size:
    """One; a grammar's string has as many as it has characters."""
    count = max(1, len(piece) - len('""')) if piece.startswith('"') else 1
    return Size(count, count)


def _times(piece: re.Match[str]) -> int | None:
    """How often a counted repeat repeats; None for what is no such repeat."""
    digits = piece[2] or piece[1]
    if not digits:
        return None
    return int(digits) if len(digits) <= LONGEST_NUMBER else 10**LONGEST_NUMBER
