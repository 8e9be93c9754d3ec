"""How the tables of LMI's own settings are written."""

from dataclasses import replace

from dragoman.settings.catalogue import Setting
from dragoman.settings.values import Value

OPTION_VARIABLE = "OPTION_"
SERVER_VARIABLE = "SERVING_"
GROUP = "LMI"


def option(name: str, takes: str = "str", *, key: str | None = None, **more: Value) -> Setting:
    """Return a setting of LMI's handler, which serving.properties has as `option.<key>`; its name unless given."""
    return _own(name, takes, OPTION_VARIABLE + (key or name).upper(), more)


def server(name: str, takes: str = "str", **more: Value) -> Setting:
    """Return a setting of the model server, which serving.properties has as `<name>`."""
    return _own(name, takes, SERVER_VARIABLE + name.upper(), more)


def derived(name: str, meaning: str) -> Setting:
    """Return a setting that follows from where the model was found, and is no key."""
    return Setting(name=name, help=meaning, group=GROUP)


def key_of(setting: Setting) -> str:
    """Return the key of one of the handler's settings, in small letters and without `option.`."""
    return setting.variables[0].removeprefix(OPTION_VARIABLE).lower()


def ignored(setting: Setting, reason: str, *harmless: Value) -> Setting:
    """Return the setting as one of which nothing comes; the `harmless` values ask for what happens anyway."""
    return replace(setting, use="ignored", reason=reason, harmless=harmless, help=f"Ignored: {reason}.")


def translated(setting: Setting, successor: str) -> Setting:
    """Return the setting as one that becomes another one, or a part of it; `successor` says which, in words."""
    return replace(setting, use="translated", reason=successor, help=f"Becomes {successor}.")


def _own(name: str, takes: str, variable: str, more: dict[str, Value]) -> Setting:
    setting = Setting(name=name, type=takes, variables=(variable,), group=GROUP, **more)
    if takes != "bool":
        return setting
    return replace(setting, kind="paired", negative="--no-" + name.replace("_", "-"))
