"""How the tables of retired settings are written."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from dragoman.settings.assignments import Settled
from dragoman.settings.catalogue import Kind, Setting
from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.values import Value, quote
from dragoman.settings.view import View

GROUP = "Retired"

# From a retired setting's value to the fields of an object, or to the settings, that say the same today.
Becomes: TypeAlias = Callable[[Value], Mapping[str, Value]]


def ignored(name: str, reason: str, *harmless: Value, takes: str = "value") -> Setting:
    """Return a setting of which nothing comes; the `harmless` values asked for what happens anyway."""
    return _retired(
        Setting(name=name, type=takes, use="ignored", reason=reason, help=f"Ignored: {reason}.", harmless=harmless)
    )


def translated(
    name: str,
    successor: str,
    *,
    takes: str = "str",
    kind: Kind = "value",
    choices: tuple[Value, ...] = (),
    variables: tuple[str, ...] = (),
) -> Setting:
    """Return a setting that becomes another one, or a part of it; `successor` says which, in words."""
    setting = Setting(name=name, type=takes, kind=kind, choices=choices, variables=variables, use="translated")
    return _retired(replace(setting, reason=successor, help=f"Becomes {successor}."))


def _retired(setting: Setting) -> Setting:
    """Return the setting with the variables and flags that it had."""
    setting = replace(setting, group=GROUP, variables=(setting.name.upper(), *setting.variables))
    if setting.type != "bool":
        return setting
    return replace(setting, kind="paired", negative="--no-" + setting.name.replace("_", "-"))


@dataclass(frozen=True, slots=True)
class Translation:
    """A rule that turns one retired setting into others, which win where they are set in the same place.

    `becomes` returns nothing for a value that asked for what happens anyway.
    """

    setting: Setting
    becomes: Becomes

    def __call__(self, view: View) -> Iterator[Outcome]:
        """Yield the changes, and what to say about them."""
        name = self.setting.name
        old = view.settled(name)
        new = self.becomes(old.value) if old else {}
        if old is None or not new:
            return
        stronger = [other for other in new if overrides(view.settled(other), old)]
        yield from (Change(other, value, old.source, old.rank, modest=True) for other, value in new.items())
        if len(stronger) == len(new):
            yield Remark(f"{view.cite(name)} gives way to {' and '.join(map(view.cite, stronger))}")
        else:
            became = " and ".join(f"{other} {quote(new[other])}" for other in new if other not in stronger)
            yield dropped(view, [name], became)


def overrides(present: Settled | None, old: Settled) -> bool:
    """Return whether what is set already is at least as strong as the retired setting."""
    return present is not None and present.rank <= old.rank


def dropped(view: View, names: list[str], became: str) -> Remark:
    """Return the warning about retired settings that became something else."""
    return Remark(f"{', '.join(map(view.cite, names))}: vLLM has dropped this; it became {became}")


@dataclass(frozen=True, slots=True)
class Fold:
    """A rule that puts retired settings into the object that another setting is.

    Where both say something, the stronger source counts, and in the same place the object. `complete` adds what the
    whole needs to work.
    """

    target: str
    parts: Mapping[str, Becomes]
    complete: Callable[[dict[str, Value]], dict[str, Value]] = dict

    def __call__(self, view: View) -> Iterator[Outcome]:
        """Yield the change, and what to say about it."""
        set_here = {name: settled for name in self.parts if (settled := view.settled(name))}
        fields = {name: new for name, old in set_here.items() if (new := self.parts[name](old.value))}
        if not fields:
            return
        contributions = [(set_here[name], new) for name, new in fields.items()]
        if (present := view.settled(self.target)) and isinstance(present.value, dict):
            contributions.insert(0, (present, present.value))
        value = self.complete(layered(contributions))
        if present and value == present.value:
            yield Remark(f"{', '.join(map(view.cite, fields))} gives way to {view.cite(self.target)}")
            return
        yield merged(self.target, value, [settled for settled, _ in contributions])
        yield dropped(view, list(fields), f"{self.target} {quote(value)}")


Contribution: TypeAlias = tuple[Settled, Mapping[str, Value]]


def layered(contributions: list[Contribution]) -> dict[str, Value]:
    """Return one object of all: the stronger source counts, and of equally strong ones the first."""
    value: dict[str, Value] = {}
    for _, fields in sorted(contributions, key=lambda contribution: contribution[0].rank):
        value = {**fields, **value}
    return value


def merged(target: str, value: Value, origins: list[Settled]) -> Change:
    """Return the change to a value that was made of several, as strong as the strongest."""
    sources = dict.fromkeys(settled.source for settled in sorted(origins, key=lambda settled: settled.rank))
    return Change(target, value, " and ".join(sources), min(settled.rank for settled in origins))
