"""How many sequences are generated, by which search, and how many of them are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Json = dict[str, Any]


@dataclass(frozen=True)
class Search:
    """A search for sequences.

    Args:
        width: how many sequences are compared, if any are.
        returned: how many come back, the best first.
        beams: whether it is a beam search.
    """

    width: int | None
    returned: int
    beams: bool

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Reads ``n``, ``best_of``, ``num_beams`` and ``use_beam_search``; without ``n`` all sequences come back."""
        beams: int = parameters.get("num_beams", 1)
        n: int | None = parameters.get("n")
        if beams > 1:
            return cls(beams, n or beams, True)
        by_beams: bool = parameters.get("use_beam_search", False)
        width: int | None = parameters.get("best_of", n if by_beams else None)
        return cls(width, n or width or 1, by_beams)

    @property
    def samples(self) -> bool:
        """Whether its sequences cannot all be the likeliest."""
        return not self.beams and max(self.width or 1, self.returned) > 1

    def fields(self, told: int) -> Json:
        """The engine's fields for a search of which so many sequences are told."""
        fields: Json = {"use_beam_search": True} if self.beams else {}
        if told > 1:
            fields["n"] = told
        if self.width is not None and max(self.width, told) > 1:
            fields["best_of"] = self.width
        return fields
