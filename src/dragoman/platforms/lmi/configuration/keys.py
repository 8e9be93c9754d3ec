"""Which setting a key of serving.properties sets.

A key sets either an option (`option.<name>`), which the handler or vLLM gets, or something about the model server
(`<name>`). Variables say the same with OPTION_ and SERVING_ before the name in capitals.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from dragoman.platforms.lmi.configuration import handler_settings, server_settings
from dragoman.platforms.lmi.configuration.entries import key_of
from dragoman.settings.catalogue import Catalogue
from dragoman.settings.suggestions import closest
from dragoman.settings.values import quote

OPTION_KEY = "option."

_OWN_NAMES = frozenset(setting.name for setting in (*handler_settings.SETTINGS, *server_settings.SETTINGS))
_OPTIONS = {key_of(setting): setting.name for setting in handler_settings.SETTINGS}
# The options whose settings have other names, after `option.` and in small letters.
ALIASES: Mapping[str, str] = MappingProxyType(
    {**{key: name for key, name in _OPTIONS.items() if key != name}, **handler_settings.ALIASES}
)
# The keys about the model server, in small letters.
SERVER_KEYS = frozenset({setting.name for setting in server_settings.KEYS} | server_settings.ALIASES.keys())

# The worker asks for vLLM's key in its place.
_GUARDING = frozenset({"api_key"})
_LONGEST = 80


def setting_for(key: str, catalogue: Catalogue) -> str | None:
    """Return the name of the setting that a key sets; None where it sets nothing."""
    if key.startswith(OPTION_KEY):
        return setting_of(key.removeprefix(OPTION_KEY), catalogue)
    return server_setting_of(key, catalogue)


def setting_of(key: str, catalogue: Catalogue) -> str | None:
    """Return the setting that an option sets: one of LMI's, or one of vLLM's of the same name.

    Args:
        key: the option's name in any case, without `option.` or OPTION_.
        catalogue: the settings that there are on LMI.

    Returns:
        The setting's name; None where the option sets nothing.
    """
    key = key.lower()
    of_vllm = key in catalogue and key not in _OWN_NAMES and (catalogue[key].use != "worker" or key in _GUARDING)
    return ALIASES.get(key) or _OPTIONS.get(key) or (key if of_vllm else None)


def server_setting_of(key: str, catalogue: Catalogue) -> str | None:
    """Return the setting that a key about the model server sets.

    Args:
        key: the key in any case, without SERVING_.
        catalogue: the settings that there are on LMI.

    Returns:
        The setting's name; None where the key sets nothing.
    """
    name = server_settings.ALIASES.get(key.lower(), key.lower())
    return name if key.lower() in SERVER_KEYS and name in catalogue else None


@lru_cache(maxsize=1)
def known_keys(catalogue: Catalogue) -> frozenset[str]:
    """Return every key that sets something, in small letters."""
    names = {setting.name for setting in catalogue if setting_of(setting.name, catalogue)}
    return frozenset({OPTION_KEY + name for name in names | ALIASES.keys()} | SERVER_KEYS)


def meant(key: str, catalogue: Catalogue) -> str | None:
    """Return the key that one which sets nothing was meant to be, with or without `option.`; None for no idea."""
    other = key.removeprefix(OPTION_KEY) if key.startswith(OPTION_KEY) else OPTION_KEY + key
    return other if setting_for(other, catalogue) else closest(key.lower(), known_keys(catalogue))


def shown(key: str, catalogue: Catalogue, spelling: str | None = None) -> str:
    """Return a key that sets nothing as messages have it: on one line, not too long, and without a secret's value.

    Where somebody forgot what is between key and value, both are the key.

    Args:
        key: the key.
        catalogue: the settings that there are on LMI.
        spelling: how it was written, where that was in another way that ends like it.
    """
    written = key if spelling is None else spelling
    for secret in _secret_keys(catalogue):
        if key.lower().startswith(secret):
            return f"{written[: len(written) - len(key.lower().removeprefix(secret))]}…"
    return written if written.isprintable() and 0 < len(written) <= _LONGEST else quote(written)


@lru_cache(maxsize=1)
def _secret_keys(catalogue: Catalogue) -> frozenset[str]:
    named = {key: setting_for(key, catalogue) for key in known_keys(catalogue)}
    return frozenset(key for key, name in named.items() if name and catalogue[name].secret)
