"""Write a configuration for another target.

What somebody has set is told to the target, and so is what nobody has set where the target would decide it in another
way. Each setting is read back with the target's own sources: what they would not read as it is meant is left out, and
named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dragoman.machine import count_gpus
from dragoman.platforms import PLATFORMS, catalogue_of
from dragoman.platforms.base import Platform
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.resolution import Resolution
from dragoman.written import notes
from dragoman.written.configuration import LIVE, Configuration, Entry
from dragoman.written.sameness import is_same
from dragoman.written.target import Draft, Target, Written
from dragoman.written.words import Words


def write(
    resolution: Resolution, target: Target, environment: Mapping[str, str], *, command: str | None = None
) -> Written:
    """Return a configuration in the words of a target.

    Args:
        resolution: the configuration; one without errors.
        target: what to write it for.
        environment: the variables of this machine, in which the configuration was found.
        command: which of Dragoman's commands writes it; `explain` unless said.
    """
    origin, destination = _platform(resolution.platform), _platform(target.platform)
    here = Configuration(resolution, catalogue_of(origin), origin.target)
    passage = _Passage(here, target, catalogue_of(destination))
    gpus = resolution.value("gpus")
    words = Words(target, passage.catalogue, environment, count_gpus(environment) if gpus is None else gpus)
    there = _translate(passage, words)
    warnings = tuple(" ".join(each.splitlines()) for each in _warnings(passage, words, there, environment))
    by = command or f"explain --as {target.name}"
    draft = Draft(
        spellings=words.spellings,
        secrets=tuple(name for name in here.secrets(environment) if name in target.secrets),
        notes=(f"From a configuration for {resolution.platform}, by `dragoman {by}`.", *warnings),
        resolution=there,
        gpus=gpus,
    )
    return Written(target.name, tuple(target.files(draft)), warnings)


@dataclass(frozen=True, slots=True)
class _Passage:
    """A configuration on its way to a target; `catalogue` has the settings of the target's platform."""

    here: Configuration
    target: Target
    catalogue: Catalogue

    def said(self) -> Iterator[Entry]:
        """Yield what somebody has set and the target is told."""
        return (entry for entry in self.here.said() if self._reason(entry) is None)

    def left_out(self) -> Iterator[tuple[Entry, str]]:
        """Yield what somebody has set and the target is not told, and why; not what is the platform's own default."""
        for entry in self.here.said():
            usual = not self._is_known(entry.name) and entry.value == self.here.catalogue[entry.name].default
            if (reason := self._reason(entry)) and not usual:
                yield entry, reason
        for entry in self.here.unknown_secrets():
            yield entry, self.here.origin.own.get(entry.name, "its value is secret")

    def _reason(self, entry: Entry) -> str | None:
        origin = self.here.origin
        if not self._is_known(entry.name):
            return origin.own.get(entry.name, f"only {origin.platform} has it")
        return None if origin.name == self.target.name else self.target.place.get(entry.name)

    def _is_known(self, name: str) -> bool:
        return name in self.catalogue and self.catalogue[name].use in LIVE

    def differing(self, words: Words, there: Resolution) -> Iterator[Entry]:
        """Yield what nobody has set and the target's worker decides in another way, unless it has been told."""
        decided = {each.name for each in (*there.settings, *self.here.resolution.settings) if each.is_set}
        for entry in self.here.unsaid():
            open_there = self._is_known(entry.name) and entry.name not in words and entry.name not in self.target.place
            if open_there and entry.name in decided and not is_same(entry.name, entry.value, there):
                yield entry


def _translate(passage: _Passage, words: Words) -> Resolution:
    """Say what is to be said, and return what the target's worker makes of it."""
    missing = list(passage.said())
    while True:
        for entry in missing:
            words.add(entry)
        there = words.settle()
        # What is not set here cannot be told.
        missing = [entry for entry in passage.differing(words, there) if entry.value is not None]
        if not missing:
            return there


def _warnings(passage: _Passage, words: Words, there: Resolution, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what to say about what was written, of which the target's worker makes `there`."""
    here, target = passage.here, passage.target
    yield from (notes.left_out(entry, reason) for entry, reason in passage.left_out())
    yield from (notes.left_out(entry, notes.obstacle(entry, target, there)) for entry in words.unsaid(there))
    yield from notes.on_secrets(here.secrets(environment), target)
    yield from notes.on_entries(words.said)
    yield from notes.on_undecided(passage.differing(words, there), target, there)
    yield from notes.on_variables(environment, here.catalogue)
    yield from notes.on_gpus(here.resolution, environment, target)
    yield from (f"{target.name}: {error}" for error in there.errors)


def _platform(name: str) -> Platform:
    return next(platform for platform in PLATFORMS if platform.name == name)
