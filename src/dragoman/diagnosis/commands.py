"""Commands that can be pasted into a shell, whatever the names in them are."""

import re
from collections.abc import Sequence

from dragoman.settings.catalogue import Catalogue, Setting
from dragoman.settings.command_line import looks_like_flag, split_flag
from dragoman.settings.suggestions import closest_flag

# What a shell takes for a variable's name; an environment may hold others.
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def unset(variable: str) -> str:
    """Return the command that unsets a variable; empty where a shell cannot name it."""
    return f"unset {variable}" if _VARIABLE.fullmatch(variable) else ""


def renamed(variable: str, to: str) -> str:
    """Return the command that gives a variable's value to another one; empty where a shell cannot name them."""
    return f'export {to}="${variable}"; unset {variable}' if unset(variable) and unset(to) else ""


def without_secrets(arguments: Sequence[str], catalogue: Catalogue) -> tuple[list[str], list[Setting]]:
    """Return a command line without the flags of secrets and their values, and the settings that these were for."""
    kept: list[str] = []
    hidden: list[Setting] = []
    values = 0
    for argument in arguments:
        if looks_like_flag(argument):
            flag, value = split_flag(argument)
            setting = _setting(flag, catalogue)
            if setting is None or not setting.secret:
                kept.append(argument)
                values = 0
                continue
            hidden.append(setting)
            values = 0 if value is not None else len(arguments) if setting.kind == "list" else 1
        elif values:
            values -= 1
        else:
            kept.append(argument)
    return kept, hidden


def _setting(flag: str, catalogue: Catalogue) -> Setting | None:
    """The setting of a flag, or of the one that it is a slip of."""
    name = flag if flag in catalogue.flags else closest_flag(flag, catalogue.flags)
    return catalogue.flags[name][0] if name else None
