"""How the tables of DataRobot's settings are written."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dragoman.settings.catalogue import Setting
from dragoman.settings.values import FALSE, TRUE, Value
from dragoman.settings.worker import PREFIX

# What stands before the name of a runtime parameter in the name of its variable.
PARAMETER = "MLOPS_RUNTIME_PARAM_"
GROUP = "DataRobot"


def own(name: str, takes: str = "str", *, variable: str = "", parameter: str = "", **more: Value) -> Setting:
    """Return a setting of the worker's on DataRobot.

    Args:
        name: the setting's name.
        takes: the type of its value.
        variable: the variable that DRUM has for it.
        parameter: the runtime parameter that sets it.
        more: further fields of the setting.
    """
    variables = (PREFIX + name.upper(), variable, PARAMETER + parameter if parameter else "")
    setting = Setting(name=name, type=takes, variables=tuple(filter(None, variables)), group=GROUP, **more)
    if takes != "bool":
        return setting
    return replace(setting, kind="paired", negative="--no-" + name.replace("_", "-"))


def ignored(setting: Setting, reason: str, *harmless: Value) -> Setting:
    """Return the setting as one of which nothing comes; the `harmless` values ask for what happens anyway.

    A variable of no consequence may hold anything, so a boolean is not insisted on.
    """
    if setting.type == "bool":
        setting, harmless = replace(setting, type="value"), tuple(_spellings({False, *harmless}))
    return replace(setting, use="ignored", reason=reason, harmless=harmless, help=f"Ignored: {reason}.")


def _spellings(booleans: Iterable[bool]) -> Iterator[Value]:
    for boolean in booleans:
        yield boolean
        for word in sorted(TRUE if boolean else FALSE):
            yield from (word, word.capitalize(), word.upper())


def parameters_of(setting: Setting) -> list[str]:
    """Return the runtime parameters that set a setting."""
    return [name.removeprefix(PARAMETER) for name in setting.variables if name.startswith(PARAMETER)]
