"""The switch for reasoning: the parser says it all today."""

from collections.abc import Iterator

from dragoman.settings.retired.entries import translated
from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View

SETTINGS = (translated("enable_reasoning", "nothing: reasoning_parser is enough", takes="bool"),)


def reasoning(view: View) -> Iterator[Outcome]:
    """Say that the switch is superfluous, or that it lacks its parser."""
    if view.get("enable_reasoning") and view.get("reasoning_parser"):
        yield Remark(f"{view.cite('enable_reasoning')} is ignored: {view.cite('reasoning_parser')} is enough")
    elif view.get("enable_reasoning"):
        yield Remark(
            f"{view.cite('enable_reasoning')} needs reasoning_parser, such as deepseek_r1 or qwen3", fatal=True
        )


RULES = (reasoning,)
