"""The model that is served, and its names, as sources of settings."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.platforms.lmi.configuration.directory import PROPERTIES
from dragoman.platforms.lmi.configuration.identity import HF_MODEL_ID, Identity
from dragoman.platforms.lmi.configuration.keys import setting_for
from dragoman.platforms.lmi.configuration.model_url import refusal
from dragoman.platforms.lmi.configuration.origins import DEFAULT
from dragoman.platforms.lmi.configuration.properties import LocalProperties
from dragoman.platforms.lmi.configuration.variables import OF_THE_HUB
from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.models import looks_like_path
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View

# What DJL Serving's newest handler calls every model.
LMI = "lmi"


@dataclass(frozen=True, slots=True)
class Names:
    """What the registration says of the model, and a model on the hub with its revision and task."""

    identity: Identity
    environment: Mapping[str, str]

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Read the registration; several models are an error unless the command line has chosen one."""
        errors = (*self.identity.errors, *(self._several() if "model" not in above else ()))
        warnings = (*self.identity.warnings, *self._idle())
        return Reading((*self._registered(), *self._on_hub(catalogue)), warnings, errors)

    def _registered(self) -> Iterator[Assignment]:
        found = self.identity.registration
        yield Assignment("model_name", found.name, found.source)
        yield Assignment("model_url", found.url, found.source)
        if found.directory:
            # A name on the hub says nothing about a directory.
            named = not found.on_hub or found.chooser
            source = found.source if named else f"model store {found.directory}"
            yield Assignment(PROPERTIES, str(found.directory), source)
        if found.version:
            yield Assignment("model_version", found.version, found.source)
        if found.engine:
            yield Assignment("engine", found.engine, found.source)
        if found.devices:
            yield Assignment("load_on_devices", found.devices, found.source)

    def _on_hub(self, catalogue: Catalogue) -> Iterator[Assignment]:
        found = self.identity.registration
        if not found.on_hub:
            return
        yield Assignment("model", found.model, found.model_source)
        for variable, key in OF_THE_HUB.items():
            name = setting_for(key, catalogue)
            if name and variable in self.environment:
                yield Assignment(name, self.environment[variable], f"variable {variable}")

    def _idle(self) -> Iterator[str]:
        for variable in OF_THE_HUB:
            if variable in self.environment and not self.identity.registration.on_hub:
                yield f"variable {variable} sets nothing without a model of the hub in {HF_MODEL_ID}"

    def _several(self) -> Iterator[str]:
        found = self.identity.registration
        if self.identity.others:
            named = " and ".join(f"{each.url} ({each.source})" for each in (found, *self.identity.others))
            yield f"one worker serves one model, and these are {1 + len(self.identity.others)}: {named}"


@dataclass(frozen=True, slots=True)
class NoModel:
    """What is wrong where nothing names a model, which vLLM would make good with one of its own choice.

    `store` is the directory in which one could be.
    """

    identity: Identity
    store: Path

    def read(self, catalogue: Catalogue, above: Mapping[str, Settled]) -> Reading:
        """Look for a model; where it is known why there is none, that has been said."""
        if {"model", "engine_url"} & above.keys() or self.identity.errors or self.identity.others:
            return Reading()
        directory = self.identity.registration.directory
        if directory and LocalProperties(directory).read(catalogue, above).errors:
            return Reading()
        ways = "set HF_MODEL_ID or OPTION_MODEL_ID, or option.model_id in serving.properties"
        return Reading(errors=(f"there is no model: {ways}, or put a model into {directory or self.store}",))


def own_model(identity: Identity) -> Callable[[Mapping[str, Settled]], Iterator[Assignment]]:
    """Return the default that serves what was registered where no option names a model."""
    found = identity.registration

    def default(above: Mapping[str, Settled]) -> Iterator[Assignment]:
        if not {"model", "engine_url"} & above.keys() and found.model:
            yield Assignment("model", found.model, found.model_source)

    return default


def served_names(above: Mapping[str, Settled]) -> Iterator[Assignment]:
    """Serve the model by its name in paths, by its name on the hub, and by that which LMI's clients know."""
    given = [above[name].value for name in ("model_name", "model") if name in above]
    names = [*given[:1], *filter(is_hub_id, given[1:]), LMI]
    if not {"served_model_name", "engine_url"} & above.keys():
        yield Assignment("served_model_name", list(dict.fromkeys(names)), DEFAULT)


def is_hub_id(model: str) -> bool:
    """Return whether a model is on the hub, and neither in a directory nor elsewhere."""
    return "://" not in model and not looks_like_path(model) and not os.path.exists(model)


def place(view: View) -> Iterator[Outcome]:
    """Look for a model's URL that leads nowhere; vLLM itself has more schemes than DJL Serving."""
    asked = view.settled("model")
    if asked and view.get("engine_url") is None and (reason := refusal(asked.value)):
        yield Remark(f"{view.cite('model')} {reason}", fatal=True)


RULES = (place,)
