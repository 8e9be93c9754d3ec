"""The environment variables of an LMI container, as sources of settings."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from dragoman.platforms.lmi.configuration import server_settings
from dragoman.platforms.lmi.configuration.entries import SERVER_VARIABLE
from dragoman.platforms.lmi.configuration.keys import setting_for
from dragoman.platforms.lmi.configuration.variables import (
    GRAPHS,
    IDLE,
    PAYLOAD,
    PORT,
    SAGEMAKER,
    TRANSLATED,
    property_of,
)
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.values import boolean, integer


@dataclass(frozen=True, slots=True)
class SageMaker:
    """The variables with which SageMaker changes a container, whatever its files say."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read them; a payload that is no number is a warning."""
        return Reading(tuple(self._assignments(catalogue)), warnings=tuple(self._remarks()))

    @property
    def _payload(self) -> str:
        return self.environment.get(PAYLOAD, "").strip()

    def _assignments(self, catalogue: Catalogue) -> Iterator[Assignment]:
        with suppress(ValueError):
            yield Assignment("max_request_size", integer(self._payload) * 2**20, f"variable {PAYLOAD}")
        if PORT in self.environment:
            yield Assignment("port", self.environment[PORT].strip(), f"variable {PORT}")
        for variable in filter(self.environment.get, SAGEMAKER):
            raw = self.environment[variable].strip()
            for setting in _settings(SAGEMAKER[variable], catalogue):
                yield Assignment(setting.name, raw, f"variable {variable}")
                if not _can_be(setting, raw):
                    # It is one mistake, however many settings it is about.
                    break

    def _remarks(self) -> Iterator[str]:
        try:
            integer(self._payload or 0)
        except ValueError as problem:
            yield f"variable {PAYLOAD} sets nothing: {problem}"
        for variable, (reason, harmless) in IDLE.items():
            value = self.environment.get(variable, "").strip().lower()
            if value and value not in harmless:
                yield f"variable {variable} sets nothing: {reason}"


@dataclass(frozen=True, slots=True)
class ServerVariables:
    """The variables of the model server that beat its files: those that are about no single model."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read them."""
        found = _family(SERVER_VARIABLE, self.environment, catalogue)
        return Reading(tuple(each for each in found if each.name not in server_settings.OF_A_MODEL))


@dataclass(frozen=True, slots=True)
class Family:
    """The variables that begin with `prefix` and say what a file of the model's may say too."""

    prefix: str
    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read them."""
        found = _family(self.prefix, self.environment, catalogue)
        if self.prefix != SERVER_VARIABLE:
            return Reading(tuple(found))
        return Reading(tuple(each for each in found if each.name in server_settings.OF_A_MODEL))


@dataclass(frozen=True, slots=True)
class Translated:
    """The variables of other containers that the entry point of LMI's translated."""

    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read them."""
        return Reading(tuple(self._assignments(catalogue)))

    def _assignments(self, catalogue: Catalogue) -> Iterator[Assignment]:
        for variable, key in reversed(tuple(TRANSLATED.items())):
            name = setting_for(key, catalogue)
            if name and variable in self.environment:
                yield Assignment(name, self.environment[variable].strip(), f"variable {variable}")
        if GRAPHS in self.environment:
            yield Assignment("enforce_eager", _eager(self.environment[GRAPHS]), f"variable {GRAPHS}")


def _eager(graphs: str) -> bool | str:
    """Return eager mode where CUDA graphs are switched off; text that is no boolean, for the error about it."""
    try:
        return not boolean(graphs)
    except ValueError:
        return graphs


def _family(prefix: str, environment: Mapping[str, str], catalogue: Catalogue) -> Iterator[Assignment]:
    for variable in sorted(environment):
        key = property_of(variable) if variable.startswith(prefix) else None
        name = setting_for(key, catalogue) if key is not None else None
        if name:
            raw = environment[variable]
            text = raw if catalogue[name].type == "template" else raw.strip()
            yield Assignment(name, text, f"variable {variable}")


def _settings(keys: tuple[str, ...], catalogue: Catalogue) -> Iterator[Setting]:
    for key in keys:
        if name := setting_for(key, catalogue):
            yield catalogue[name]


def _can_be(setting: Setting, raw: str) -> bool:
    try:
        setting.parse(raw)
    except ValueError:
        return False
    return True
