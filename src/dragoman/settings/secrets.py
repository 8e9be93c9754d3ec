"""Keep credentials out of everything that is shown."""

import re
from collections.abc import Iterable

from dragoman.settings.values import Value

MASK = "***"

_KEY = re.compile(
    r"(secret|password|passwd|credentials?|token|(api|access|secret|private)[_-]?key([_-]?id)?|authorization|signature)$",
    re.I,
)
_WRITTEN = re.compile(
    r"((?:secret|password|api[_-]?key|access[_-]?key(?:_id)?|token|signature)(?:[\"']\s*:\s*|=)[\"']?)[^\"',}\s]+", re.I
)
_LOGIN = re.compile(r"(?<=://)[^/@\s]+(?=@)")
# A shorter credential would mask parts of ordinary words.
_SHORTEST = 4


def mask(value: Value) -> Value:
    """Return the value with nothing of it left but whether it is a list."""
    return [MASK] * len(value) if isinstance(value, list) else MASK


def mask_inside(value: Value) -> Value:
    """Return the value without logins in addresses and without what names such as `api_key` or `password` hold."""
    if isinstance(value, str):
        return redact(value, ())
    if isinstance(value, list):
        return [mask_inside(item) for item in value]
    if isinstance(value, dict):
        return {key: MASK if _is_credential(key, held) else mask_inside(held) for key, held in value.items()}
    return value


def _is_credential(key: object, held: object) -> bool:
    return isinstance(held, str) and _KEY.search(str(key)) is not None


def credentials(value: Value) -> Iterable[str]:
    """Yield each text in a secret setting's value."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text without the secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    return _LOGIN.sub(MASK, _WRITTEN.sub(rf"\1{MASK}", text))
