"""How values may be spelled: in any case, and some of vLLM's in LMI's own words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from dragoman.settings.catalogue import Setting, vllm_settings
from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.view import View
from dragoman.settings.worker import adapt

DTYPES: Mapping[str, str] = MappingProxyType({"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"})
# The bits were those of another loader than vLLM's.
_QUANTIZATIONS: Mapping[str, str] = MappingProxyType(dict.fromkeys(("bitsandbytes8", "bitsandbytes4"), "bitsandbytes"))
# Plugins may add to these names, so they are no choices.
_OPEN = frozenset({"load_format"})


def in_any_case(settings: Iterator[Setting]) -> Iterator[Setting]:
    """Yield those of vLLM's settings that take one of a few words in small letters, as settings that take any case."""
    for setting in settings:
        words = setting.choices or (setting.known if setting.name in _OPEN else ())
        if setting.type == "str" and words and all(word == word.lower() for word in words):
            more = tuple(DTYPES) if setting.name == "dtype" else ()
            yield replace(setting, type="word", choices=(*setting.choices, *more))


def dtype(view: View) -> Iterator[Outcome]:
    """Give a type of numbers the name that vLLM has for it."""
    if (asked := view.settled("dtype")) and asked.value in DTYPES:
        yield Change("dtype", DTYPES[asked.value], asked.source, asked.rank)


def quantization(view: View) -> Iterator[Outcome]:
    """Give a quantization the name that vLLM had for it."""
    if (asked := view.settled("quantization")) and asked.value in _QUANTIZATIONS:
        today = _QUANTIZATIONS[asked.value]
        yield Change("quantization", today, asked.source, asked.rank)
        yield Remark(f"{view.cite('quantization')} became {today}")


SETTINGS = tuple(in_any_case(map(adapt, vllm_settings())))
RULES = (dtype, quantization)
