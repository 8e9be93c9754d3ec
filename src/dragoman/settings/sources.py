"""The places that settings come from. Each is one small class with one method, `read`."""

import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.command_line import read_command_line
from dragoman.settings.suggestions import closest, closest_flag
from dragoman.settings.values import quote


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The worker's command line."""

    arguments: Sequence[str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read vLLM's flags and the worker's own."""
        return read_command_line(self.arguments, catalogue, "command line")


@dataclass(frozen=True, slots=True)
class RawArguments:
    """A variable that holds flags, quoted as in a shell."""

    variable: str
    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the flags; quotes that do not match are an error."""
        source = f"variable {self.variable}"
        try:
            tokens = shlex.split(self.environment.get(self.variable, ""))
        except ValueError as problem:
            return Reading(errors=(f"{self.variable} cannot be split into flags: {problem}",))
        return read_command_line(tokens, catalogue, source)


@dataclass(frozen=True, slots=True)
class Variables:
    """Environment variables, each for one setting. `others` are the names that other sources read."""

    environment: Mapping[str, str]
    others: Collection[str] = ()

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the variables of every setting; one that looks like a slip of another is a warning."""
        return Reading(tuple(self._assignments(catalogue)), warnings=tuple(self._slips(catalogue)))

    def _assignments(self, catalogue: Catalogue) -> Iterator[Assignment]:
        for setting in catalogue:
            for variable in reversed(setting.variables):
                if variable in self.environment:
                    text = self.environment[variable]
                    raw = text if setting.type == "template" else text.strip()
                    yield Assignment(setting.name, raw, f"variable {variable}")

    def _slips(self, catalogue: Catalogue) -> Iterator[str]:
        known = {variable for setting in catalogue for variable in setting.variables}.union(self.others)
        for name in sorted(self.environment.keys() - known):
            # An empty one is unset: images declare variables that way.
            if self.environment[name].strip() and (guess := closest(name, known)):
                yield f"variable {name} sets nothing; did you mean {guess}?"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The YAML file that --config names, with vLLM's long flags as keys."""

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the file; one that cannot be read or understood is an error."""
        chosen = above.get("config")
        if chosen is None:
            return Reading()
        try:
            entries = list(yaml_entries(Path(chosen.value)))
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            return Reading(errors=(f"config: {quote(chosen.value)} cannot be read: {reason} ({chosen.source})",))
        lines = [self._read_entry(catalogue, chosen.value, *entry) for entry in entries]
        return Reading(
            tuple(line for line in lines if isinstance(line, Assignment)),
            errors=tuple(line for line in lines if isinstance(line, str)),
        )

    def _read_entry(self, catalogue: Catalogue, path: str, key: str, raw: object, line: int) -> Assignment | str:
        source = f"{path} line {line}"
        flag = "--" + key.replace("_", "-")
        setting, positive = catalogue.flags.get(flag, (None, True))
        if flag == "--config":
            return f"config: {quote(raw)} cannot be read from another such file ({source})"
        if setting is None:
            guess = closest_flag(flag, catalogue.flags)
            hint = f"; did you mean {guess.removeprefix('--')}?" if guess else ""
            return f"{key} is not a flag of the worker or of vLLM{hint} ({source})"
        if not positive and isinstance(raw, bool):
            raw = not raw
        return Assignment(setting.name, [raw] if setting.is_list and isinstance(raw, str) else raw, source)


def yaml_entries(path: Path) -> Iterator[tuple[str, object, int]]:
    """Yield key, value and line number of each entry of a YAML mapping.

    Raises OSError where the file cannot be read, and ValueError where it is not a YAML mapping.
    """
    if path.exists() and not path.is_file():
        # A device may never end.
        raise ValueError("it is not a file")
    text = path.read_text(encoding="utf-8")
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            raise ValueError("it is not a mapping of flags to values")
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"the key in line {key.start_mark.line + 1} is not a name")
            yield str(key.value), loader.construct_object(value, deep=True), key.start_mark.line + 1
    except yaml.YAMLError as problem:
        raise ValueError(" ".join(str(problem).split())) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the worker itself prefers to vLLM's defaults; the rule sees what has been chosen, and gives reasons."""

    rule: Callable[[Mapping[str, Settled]], Iterable[Assignment]]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Apply the rule."""
        return Reading(tuple(self.rule(above)))
