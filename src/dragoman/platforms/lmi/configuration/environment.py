"""The variables of the worker's processes."""

import re
from collections.abc import Iterator, Mapping

from dragoman.platforms.lmi.configuration import lmcache
from dragoman.settings.assignments import Settled
from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.view import View

NAME = "env"
_LMCACHE = "LMCACHE_CONFIG_FILE"
_ADAPTERS = "VLLM_ALLOW_RUNTIME_LORA_UPDATING"
# It is the worker's own, and vLLM warns about names that begin like its own and that it does not know.
_CONSUMED = ("VLLM_EXTRA_ARGS",)
_KEY = "VLLM_API_KEY"
_STOPS = "VLLM_MAX_STOP_STRINGS"
# vLLM takes no more than 4 of them, as OpenAI does; LMI had no limit.
_MOST_STOPS = "64"
_PAIR = re.compile(r"([A-Za-z_]\w*)\s*=([^\0]*)", re.ASCII)


def variables(view: View) -> Iterator[Outcome]:
    """Look for what is no variable in option.env."""
    asked = view.settled(NAME)
    if asked and not all(_PAIR.fullmatch(pair) for pair in _pairs(asked.value)):
        yield Remark(f"{view.cite(NAME)}: write NAME=value, and commas between several", fatal=True)


def key(view: View) -> Iterator[Outcome]:
    """Ask for the key that option.env has for vLLM, which would ask for it."""
    asked = view.settled(NAME)
    if asked and (value := dict(_split(asked.value)).get(_KEY)):
        yield Change("api_key", [value], f"{asked.source}, {_KEY}", asked.rank, modest=True)


def environ(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Mapping[str, str | None]:
    """Return the variables that the processes shall have; None for those that they shall not."""
    return {
        **{name: None for name in _CONSUMED if name in environment},
        **({} if environment.get(_STOPS) else {_STOPS: _MOST_STOPS}),
        **({_LMCACHE: settled[lmcache.FILE].value} if lmcache.FILE in settled else {}),
        **({_ADAPTERS: "True"} if "enable_lora" in settled and settled["enable_lora"].value else {}),
        **(dict(_split(settled[NAME].value)) if NAME in settled else {}),
    }


def _pairs(text: str) -> list[str]:
    return [pair.strip() for pair in text.split(",") if pair.strip()]


def _split(text: str) -> Iterator[tuple[str, str]]:
    for match in filter(None, map(_PAIR.fullmatch, _pairs(text))):
        yield match[1], match[2].strip()


RULES = (variables, key)
