"""Values that vLLM has dropped, while it still has the setting: what each becomes, or why it cannot be had."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from dragoman.settings.catalogue import Setting
from dragoman.settings.values import Value, items, quote

# From what a source holds to what it means today; the same object where nothing has changed.
Turn: TypeAlias = Callable[[Setting, object], object]

_LIMIT = re.compile(r"\s*(\w+)\s*=\s*(\d+)\s*")


def turn(setting: Setting, raw: object) -> tuple[object, str | None]:
    """Return what the raw value means today, and in words what it became where vLLM has dropped the old one."""
    turned = TURNS[setting.name](setting, raw) if setting.name in TURNS else raw
    told = setting.name in TOLD and turned != raw
    return turned, f"vLLM does not take {quote(raw)}; it became {quote(turned)}" if told else None


def replaced(old: str, new: str) -> Turn:
    """Return the turn of one word into another."""
    return lambda _, raw: new if isinstance(raw, str) and raw.strip().lower() == old else raw


def lowered(_: Setting, raw: object) -> object:
    """Return the name in small letters, as vLLM reads it."""
    return raw.strip().lower() if isinstance(raw, str) else raw


def next_choice(setting: Setting, raw: object) -> object:
    """Return the next larger choice for a number in between."""
    text = str(raw).strip()
    larger = [choice for choice in setting.choices if text.isdecimal() and choice >= int(text) > 0]
    return min(larger) if larger and int(text) not in setting.choices else raw


def limits(_: Setting, raw: object) -> object:
    """Return an object for `image=1,video=0`."""
    parts = [_LIMIT.fullmatch(part) for part in raw.split(",")] if isinstance(raw, str) else [None]
    return {part[1]: int(part[2]) for part in parts if part} if all(parts) else raw


def adapters(_: Setting, raw: object) -> object:
    """Return one list for a list of JSON lists, which vLLM's command line cannot take."""
    if not isinstance(raw, list):
        return raw
    nested = [items(item) if isinstance(item, str) and item.lstrip().startswith("[") else [item] for item in raw]
    return [adapter for adapters in nested for adapter in adapters]


TURNS: Mapping[str, Turn] = MappingProxyType(
    {
        "tokenizer_mode": replaced("slow", "hf"),
        "lora_dtype": replaced("float32", "auto"),
        "max_lora_rank": next_choice,
        "limit_mm_per_prompt": limits,
        "quantization": lowered,
        "lora_modules": adapters,
    }
)
# The others mean the same to vLLM.
TOLD = frozenset({"tokenizer_mode", "lora_dtype", "max_lora_rank", "limit_mm_per_prompt"})

# Why a name that was one of vLLM's is none any more.
GONE: Mapping[tuple[str, Value], str] = MappingProxyType(
    {
        ("quantization", "squeezellm"): "vLLM has dropped this format: use the model in AWQ or GPTQ",
        ("quantization", "bitsandbytes"): "vLLM has dropped it, and no plugin for it is installed",
        ("quantization", "gguf"): "vLLM has dropped it, and no plugin for it is installed",
        ("load_format", "bitsandbytes"): "vLLM has dropped it, and no plugin for it is installed",
    }
)
