"""Settings in a target's words: each in the first of its ways that the target reads as it is meant."""

from collections.abc import Mapping

from dragoman.settings.catalogue import Catalogue
from dragoman.settings.resolution import Resolution
from dragoman.written.configuration import Entry
from dragoman.written.reading import read
from dragoman.written.sameness import is_same
from dragoman.written.spellings import Spelling
from dragoman.written.target import Target


class Words:
    """What is said to a target, and how.

    Args:
        target: what is written for.
        catalogue: the settings that there are on its platform.
        environment: the variables of this machine.
        gpus: how many GPUs the target's worker has.
    """

    def __init__(self, target: Target, catalogue: Catalogue, environment: Mapping[str, str], gpus: int) -> None:
        self._target = target
        self._catalogue = catalogue
        self._environment = environment
        self._gpus = gpus
        self._entries: dict[str, Entry] = {}
        self._ways: dict[str, list[Spelling]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def add(self, entry: Entry) -> None:
        """Say a setting too."""
        self._entries[entry.name] = entry
        spellings = self._target.spellings(self._catalogue[entry.name], entry.value, self._catalogue)
        self._ways[entry.name] = list(spellings)

    @property
    def spellings(self) -> tuple[Spelling, ...]:
        """The way in which each setting is said, the model's first."""
        names = sorted(self._ways, key=lambda name: name != "model")
        return tuple(self._ways[name][0] for name in names if self._ways[name])

    @property
    def said(self) -> list[Entry]:
        """What is said."""
        return [entry for name, entry in self._entries.items() if self._ways[name]]

    def unsaid(self, there: Resolution) -> list[Entry]:
        """Return what cannot be said in any way, unless it is so anyway in what the target has made of the rest."""
        silent = (entry for name, entry in self._entries.items() if not self._ways[name])
        return [entry for entry in silent if not is_same(entry.name, entry.value, there)]

    def settle(self) -> Resolution:
        """Find the ways that come back as they are meant, and return what the target's worker makes of them."""
        while True:
            there = read(self._target, self.spellings, self._environment, self._gpus)
            wrong = [each.name for each in self.said if not is_same(each.name, each.value, there)]
            if not wrong:
                return there
            for name in wrong:
                del self._ways[name][0]
