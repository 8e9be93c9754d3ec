"""The values of runtime parameters, as DRUM's variables and files have them.

A variable holds JSON: `{"type": "numeric", "payload": 256}`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.settings.catalogue import Setting
from dragoman.settings.values import Value, boolean, is_unset, number, quote

BOOLEAN, CREDENTIAL, NUMERIC = "boolean", "credential", "numeric"
TOKEN = "apiToken"  # noqa: S105 - the key of one

_CREDENTIAL_TYPE = "credentialType"
_KEYS = frozenset({"type", "payload"})
_WHOLE = frozenset({"int", "human_int_or_auto"})
# DRUM takes 0 of these for unset.
_ZERO_IS_UNSET = frozenset({"max_model_len", "gpu_memory_utilization", "max_tokens", "n"})


@dataclass(frozen=True, slots=True)
class Payload:
    """A parameter's value, which is None where nothing is set, and its type; made by `payload`."""

    type: str
    value: Value

    def to_json(self) -> str:
        """Return it as a variable holds it."""
        return json.dumps({"type": self.type, "payload": self.value})


def payload(kind: str, value: Value) -> Payload:
    """Return a value of one of DRUM's types.

    Raises ValueError where the value is none of the type; the message shows what was given in place of a number.
    """
    if is_unset(value) or value == {}:
        return Payload(kind, None)
    if isinstance(value, dict | list) and kind != CREDENTIAL:
        raise ValueError(f"it is {'an object' if isinstance(value, dict) else 'a list'}, and the type is {kind}")
    read = TYPES[kind](value)
    # DRUM's hooks get numbers as they are written, and booleans as such.
    return Payload(kind, read if kind == BOOLEAN else value)


def decode(text: str) -> Payload:
    """Return what a variable holds.

    Raises ValueError where it is not the JSON that DRUM wants.
    """
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError('it is not JSON such as {"type": "string", "payload": "text"}') from None
    if not isinstance(held, dict) or held.keys() != _KEYS:
        raise ValueError("it is not a JSON object with the keys type and payload, and no others")
    if not isinstance(held["type"], str) or held["type"] not in TYPES:
        raise ValueError(f"type {quote(held['type'])} is not one of {', '.join(TYPES)}")
    return payload(held["type"], held["payload"])


def setting_value(setting: Setting, given: Payload) -> Value:
    """Return what a parameter's value means for a setting, for its own parser; None where nothing is set.

    Raises ValueError where a credential is given to what takes none, or nothing of a credential to what takes one.
    """
    if given.value is None:
        return None
    if (given.type == CREDENTIAL) != setting.secret:
        raise ValueError("it is not a credential" if setting.secret else "it is a credential")
    if given.type == CREDENTIAL:
        return _token(given.value)
    return plain_value(setting, given.value)


def plain_value(setting: Setting, value: Value) -> Value:
    """Return what a value means for a setting: whole numbers are cut as DRUM cuts them, and some zeros are nothing."""
    if setting.is_list:
        return [value]
    if setting.type in _WHOLE:
        value = _whole(value)
    return None if setting.name in _ZERO_IS_UNSET and _is_zero(value) else value


def _token(credential: Mapping[str, Value]) -> Value:
    if TOKEN not in credential:
        raise ValueError(f"the credential has no {TOKEN}")
    return credential[TOKEN]


def _whole(value: Value) -> Value:
    try:
        return int(number(value))
    except ValueError:
        return value


def _is_zero(value: Value) -> bool:
    try:
        return number(value) == 0
    except ValueError:
        return False


def _check_text(value: Value) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{quote(value)} is not a string")


def _check_credential(value: Value) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"it is not an object with {_CREDENTIAL_TYPE}")
    if not isinstance(value.get(_CREDENTIAL_TYPE), str) or not value[_CREDENTIAL_TYPE]:
        raise ValueError(f"the credential has no {_CREDENTIAL_TYPE}")
    try:
        json.dumps(value)
    except (TypeError, RecursionError):
        raise ValueError("the credential holds what JSON does not, such as a date") from None


TYPES: Mapping[str, Callable[[Value], object]] = MappingProxyType(
    {
        "string": _check_text,
        BOOLEAN: boolean,
        NUMERIC: number,
        CREDENTIAL: _check_credential,
        "deployment": _check_text,
    }
)
