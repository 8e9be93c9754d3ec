"""The runtime parameters of a custom model: the variables in DRUM's encoding, and the values file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dragoman.platforms.datarobot.configuration.custom_code import FILE, files_named
from dragoman.platforms.datarobot.configuration.engine_config import FILE as ENGINE_CONFIG
from dragoman.platforms.datarobot.configuration.entries import PARAMETER, parameters_of
from dragoman.platforms.datarobot.configuration.payloads import Payload, decode, setting_value
from dragoman.platforms.datarobot.configuration.values_file import SETTING, Values, read_values
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.suggestions import closest, nearest

_CREDENTIAL = 'it is not {"type": "credential", "payload": {"credentialType": "api_token", "apiToken": "…"}}'


# What is shown in place of a value that cannot be right, where nothing would come of it anyway.
_ODD = "***"


def parameters(catalogue: Catalogue) -> dict[str, Setting]:
    """Return the settings that runtime parameters set, by the parameters' names."""
    return {name: setting for setting in catalogue for name in parameters_of(setting)}


@dataclass(frozen=True, slots=True)
class RuntimeParameters:
    """The parameters; `directory` is that of the code, where model-metadata.yaml defines what a values file sets."""

    environment: Mapping[str, str]
    directory: Path

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the parameters that the worker knows; the others are left to custom.py."""
        known = parameters(catalogue)
        file = above.get(SETTING)
        values = read_values(Path(file.value), self.directory) if file else Values({})
        said = [each for name, setting in known.items() for each in self._said(name, setting, values)]
        problems = [each for each in said if isinstance(each, _Problem)]
        return Reading(
            tuple(each for each in said if isinstance(each, Assignment)),
            (
                *(f"{each}, overridden: {above[each.name].source}" for each in problems if each.name in above),
                *self._remarks(known, values, catalogue),
            ),
            (*values.errors, *(str(each) for each in problems if each.name not in above)),
        )

    def _said(self, name: str, setting: Setting, values: Values) -> "Iterator[Assignment | _Problem]":
        """Yield what the variable says, and then what the file says, which replaces the variable, with a null too."""
        variable, given = PARAMETER + name, values.parameters.get(name)
        if self.environment.get(variable) and (given is None or given.payload.value is not None):
            each = _take(setting, partial(decode, self.environment[variable]), f"variable {variable}")
            if given is None or isinstance(each, Assignment):
                yield each
        if given is not None:
            yield _take(setting, lambda: given.payload, given.source)

    def _remarks(self, known: Mapping[str, Setting], values: Values, catalogue: Catalogue) -> Iterator[str]:
        """Yield what looks like a slip; and what custom.py, where there is one, may know: vLLM's names, and guesses."""
        names = {name.removeprefix(PARAMETER) for name in self.environment if name.startswith(PARAMETER)}
        alone = not files_named(FILE, self.directory)
        spellings = {_folded(name): name for name in known}
        for name in sorted(names.union(values.parameters) - known.keys()):
            folded = _folded(name)
            if guess := closest(folded, spellings):
                yield _slip(name, spellings[guess])
            elif alone and name in catalogue and catalogue[name].flag:
                yield f"runtime parameter {name} sets nothing; write {catalogue[name].flag} into {ENGINE_CONFIG}"
            elif alone and (guess := nearest(folded, spellings, len(folded) // 3)):
                yield _slip(name, spellings[guess])


@dataclass(frozen=True, slots=True)
class _Problem:
    """A parameter that sets nothing although it should."""

    name: str
    reason: str
    source: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason} ({self.source})"


def _take(setting: Setting, payload: Callable[[], Payload], source: str) -> Assignment | _Problem:
    try:
        value = setting_value(setting, payload())
        if setting.use == "ignored":
            setting.parse(value)
        return Assignment(setting.name, value, source)
    except ValueError as problem:
        if setting.use == "ignored":
            return Assignment(setting.name, _ODD, source)
        return _Problem(setting.name, _CREDENTIAL if setting.secret else str(problem), source)


def _slip(name: str, meant: str) -> str:
    return f"runtime parameter {name} sets nothing of the worker's; did you mean {meant}?"


def _folded(name: str) -> str:
    """Return the name as it is in any spelling: with or without capitals, underscores and the whole word length."""
    return name.lower().replace("_", "").replace("length", "len")
