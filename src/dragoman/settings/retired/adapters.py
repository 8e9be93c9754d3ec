"""The setting for the one adapter of QLoRA."""

from collections.abc import Iterator

from dragoman.settings.retired.entries import dropped, overrides, translated
from dragoman.settings.rules import Change, Outcome
from dragoman.settings.view import View

QLORA = translated("qlora_adapter_name_or_path", "an adapter named qlora in lora_modules, with enable_lora")
SETTINGS = (QLORA,)


def qlora(view: View) -> Iterator[Outcome]:
    """Serve the adapter of QLoRA beside the others."""
    old = view.settled(QLORA.name)
    if old is None:
        return
    present = view.settled("lora_modules")
    others = present.value if present and overrides(present, old) else []
    rank = min(present.rank, old.rank) if present else old.rank
    yield Change("lora_modules", [*others, {"name": "qlora", "path": old.value}], old.source, rank)
    yield Change("enable_lora", True, old.source, old.rank, modest=True)
    yield dropped(view, [QLORA.name], f"lora_modules qlora={old.value}")


RULES = (qlora,)
