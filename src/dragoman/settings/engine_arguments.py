"""Write settings as a vLLM command line."""

import json
from collections.abc import Iterator

from dragoman.settings.catalogue import Setting
from dragoman.settings.values import Value


def engine_arguments(setting: Setting, value: Value) -> Iterator[str]:
    """Yield the tokens from which vLLM's own parser reads this value of one of its options."""
    flag = setting.flags[0]
    if value is True:
        yield flag
    elif value is False:
        yield from [setting.negative] if setting.negative else []
    elif setting.kind == "append":
        for item in value:
            yield from _with_value(flag, _text(item))
    elif setting.kind == "list" and len(value) > 1:
        yield from (flag, *map(_text, value))
    elif setting.type == "human_int_or_auto" and value == -1:
        yield from (flag, "auto")
    elif setting.type == "devices":
        yield from _with_value(flag, ",".join(map(str, value)))
    else:
        yield from _with_value(flag, _text(value[0] if setting.kind == "list" else value))


def _with_value(flag: str, text: str) -> Iterator[str]:
    """Yield flag and value in one token where the parser would take the value for a flag."""
    yield from (f"{flag}={text}",) if text.startswith("-") else (flag, text)


def _text(value: Value) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
