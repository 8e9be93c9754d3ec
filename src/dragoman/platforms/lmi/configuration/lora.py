"""Adapters: those in the model directory, and LMI's defaults."""

from collections.abc import Iterator

from dragoman.platforms.lmi.configuration.adapter_files import (
    CONFIGURATION,
    FOLDER,
    AdapterFile,
    adapters_in,
    others_in,
)
from dragoman.platforms.lmi.configuration.directory import model_directories
from dragoman.platforms.lmi.configuration.origins import DEFAULT
from dragoman.settings.rules import WEAKEST, Change, Outcome, Remark
from dragoman.settings.values import Value
from dragoman.settings.view import View

_MOST = 4
_MODULES = "lora_modules"


def slots(view: View) -> Iterator[Outcome]:
    """Keep as many adapters at hand at a time as LMI does; vLLM's own default is one."""
    if view.get("enable_lora") and view.settled("max_loras") is None:
        yield Change("max_loras", min(_MOST, view.get("max_cpu_loras") or _MOST), DEFAULT, WEAKEST)


def adapters(view: View) -> Iterator[Outcome]:
    """Serve the adapters that lie in the model directory, beside those that were named; or say why not."""
    found = {adapter.name: adapter for directory in model_directories(view) for adapter in adapters_in(directory)}
    named = _named(view)
    added = [adapter for name, adapter in found.items() if name not in {module["name"] for module in named}]
    if not added or view.get("engine_url"):
        return
    if not view.get("enable_lora"):
        yield Remark(f"{_listed(added)} are not served: set option.enable_lora=true")
        return
    yield from _served(view, named, added)


def _served(view: View, named: list[Value], added: list[AdapterFile]) -> Iterator[Outcome]:
    largest = view.get("max_lora_rank") or view.catalogue["max_lora_rank"].default
    for adapter in added:
        if problem := adapter.problem(largest):
            yield Remark(f"the adapter in {adapter.directory} {problem}", fatal=True)
    present, folder = view.settled(_MODULES), added[0].directory.parent
    source = f"{present.source} and {folder}" if present else str(folder)
    modules = [*named, *(adapter.module for adapter in added)]
    yield Change(_MODULES, modules, source, present.rank if present else WEAKEST)


def _named(view: View) -> list[Value]:
    modules: list[Value] = view.get(_MODULES) or []
    return modules


def _listed(added: list[AdapterFile]) -> str:
    return f"the {FOLDER} {', '.join(adapter.name for adapter in added)} in {added[0].directory.parent}"


def others(view: View) -> Iterator[Outcome]:
    """Say that what lies among the adapters is none."""
    if view.get("enable_lora") and not view.get("engine_url"):
        for folder in (folder for directory in model_directories(view) for folder in others_in(directory)):
            yield Remark(f"{folder} is no adapter: it has no {CONFIGURATION} that can be read")


RULES = (slots, adapters, others)
