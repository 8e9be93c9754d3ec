"""What a setting is, in a reader's words."""

import json
from collections.abc import Iterator

from dragoman.forms.markdown import code
from dragoman.settings.catalogue import Setting
from dragoman.settings.values import Value

_TYPES = {
    "bool": "boolean",
    "str": "text",
    "int": "integer",
    "threads": "integer",
    "float": "number",
    "human_int": "integer, 8k, 8K",
    "human_int_or_auto": "integer, 8k, 8K, auto",
    "json": "JSON object",
    "config": "JSON object",
    "json_or_str": "JSON object or text",
    "json_list": "JSON list",
    "lora": "name=path or JSON object",
    "devices": "GPU numbers or UUIDs",
}
_LIMITS = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}


def flags(setting: Setting) -> str:
    """Return all flags, the one that switches off included."""
    return code(*setting.flags, *filter(None, [setting.negative]))


def takes(setting: Setting) -> str:
    """Return what values there are."""
    if setting.choices:
        kind = "one of " + ", ".join(map(str, setting.choices))
    else:
        kind = " ".join((_TYPES.get(setting.type, "text"), *_limits(setting)))
    return f"list: {kind}" if setting.is_list else kind


def _limits(setting: Setting) -> Iterator[str]:
    yield from (f"{_LIMITS[limit]} {shown(bound)}" for limit, bound in setting.bounds.items())


def default(setting: Setting) -> str:
    """Return the default; nothing where there is none."""
    return "" if setting.default in (None, "", [], {}) else code(shown(setting.default))


def shown(value: Value) -> str:
    """Return a value as it is written in a variable."""
    if isinstance(value, list):
        return ",".join(map(shown, value))
    if isinstance(value, bool | dict):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def meaning(setting: Setting) -> str:
    """Return what the setting does, and what is known about its values."""
    known = f"Known: {', '.join(setting.known)}." if setting.known else ""
    deprecated = "vLLM has deprecated it." if setting.deprecated else ""
    return " ".join(filter(None, (sentence(setting.help), known, deprecated)))


def sentence(text: str) -> str:
    """Return the text as it ends in a document: with a full stop."""
    text = text.strip()
    if not text or text[-1] in ".!?…":
        return text
    return f"{text.removesuffix(':')}."


def fate(setting: Setting) -> str:
    """Return what happens to the setting: what becomes of it, or why nothing does."""
    match setting.use:
        case "engine":
            return f"Passed on as {code(setting.flags[0])}."
        case "ignored":
            return f"Ignored: {setting.reason}."
        case "refused":
            return f"An error: {setting.reason}."
        case "translated":
            return f"Becomes {setting.reason}."
        case "worker":
            return f"{meaning(setting)} Default: {default(setting)}." if default(setting) else meaning(setting)
