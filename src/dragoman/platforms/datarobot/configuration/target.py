"""What the model is for."""

from collections.abc import Iterator

from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View

TEXT_GENERATION = "textgeneration"


def name(view: View) -> Iterator[Outcome]:
    """Look for the target's name, without which DRUM does not start."""
    if not (view.get("target_name") or "").strip():
        yield Remark("TARGET_NAME is not set: it is the name of the model's target, such as resultText", fatal=True)


def type_(view: View) -> Iterator[Outcome]:
    """Refuse every target but text generation, the only one that the drop-in environment serves."""
    if view.get("target_type", TEXT_GENERATION) != TEXT_GENERATION:
        yield Remark(f"{view.cite('target_type')}: only {TEXT_GENERATION} can be served", fatal=True)
