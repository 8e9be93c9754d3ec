"""Variables that set nothing, and what they were meant to be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dragoman.platforms.lmi.configuration.keys import known_keys, meant, setting_for, shown
from dragoman.platforms.lmi.configuration.variables import ELSEWHERE, KNOWN, property_of, variable_of
from dragoman.settings.assignments import Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.suggestions import closest
from dragoman.settings.worker import PREFIX


@dataclass(frozen=True, slots=True)
class Slips:
    """Every variable of the platform's families that sets nothing, and any other that looks like one of its own."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Look for them; each is a warning."""
        return Reading(warnings=(*self._in_families(catalogue), *self._others(catalogue)))

    def _in_families(self, catalogue: Catalogue) -> Iterator[str]:
        for name in sorted(self.environment):
            key = property_of(name)
            if key is not None and not setting_for(key, catalogue):
                yield _remark(shown(key, catalogue, name), _guess(name, key, catalogue))

    def _others(self, catalogue: Catalogue) -> Iterator[str]:
        known = KNOWN | {variable_of(key) for key in known_keys(catalogue)}
        for name in sorted(self.environment.keys() - KNOWN):
            others = property_of(name) is not None or name.startswith(PREFIX)
            if not others and (guess := closest(name, known)):
                yield _remark(name, guess)


def _remark(name: str, guess: str | None) -> str:
    hint = f"; did you mean {guess}?" if guess else ""
    return f"variable {name} sets nothing{hint}"


def _guess(variable: str, key: str, catalogue: Catalogue) -> str | None:
    """Return what the variable was meant to be: one that is no property's, or one that is."""
    if other := closest(variable, ELSEWHERE):
        return other
    guess = meant(key, catalogue)
    return variable_of(guess) if guess else None
