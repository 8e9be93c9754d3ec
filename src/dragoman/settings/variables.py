"""Every variable of a catalogue, and what becomes of it: what the reference documents are made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dragoman.settings.catalogue import Catalogue, Setting

Action: TypeAlias = Literal["passed", "renamed", "translated", "ignored", "refused", "consumed"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, the setting that it sets, what becomes of it in a word, and in a sentence."""

    name: str
    setting: Setting
    action: Action
    sentence: str


def variables(catalogue: Catalogue) -> Iterator[Variable]:
    """Yield every variable of the catalogue's settings, the strongest of each setting first."""
    for setting in catalogue:
        for name in setting.variables:
            yield Variable(name, setting, action(setting, name), sentence(setting))


def action(setting: Setting, variable: str) -> Action:
    """Return what becomes of the variable."""
    if setting.use == "engine":
        return "passed" if variable == setting.name.upper() else "renamed"
    return "consumed" if setting.use == "worker" else setting.use


def sentence(setting: Setting) -> str:
    """Return what a user should know about the setting."""
    if setting.use in ("ignored", "refused"):
        return f"{setting.use.capitalize()}: {setting.reason}."
    return setting.help
