"""LongLoRA's factors, which vLLM has dropped: they are read as LMI read them, and then nothing comes of them."""

import ast
from collections.abc import Iterator

from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.values import Value
from dragoman.settings.view import View

NAME = "long_lora_scaling_factors"


def scaling_factors(view: View) -> Iterator[Outcome]:
    """Show them as the numbers that they are, and refuse what are none."""
    asked = view.settled(NAME)
    if asked is None:
        return
    read = factors(asked.value)
    if read is None:
        yield Remark(f"{view.cite(NAME)} is neither a number nor a list of numbers, such as 3.0,4.0", fatal=True)
    else:
        yield Change(NAME, list(read), asked.source, asked.rank)


def factors(raw: Value) -> tuple[float, ...] | None:
    """Return the factors of `3`, `3.0`, `3.0,4.0`, `(3.0,)` or a list; None for anything else."""
    try:
        read = ast.literal_eval(raw) if isinstance(raw, str) else raw
        return tuple(map(_factor, read if isinstance(read, list | tuple) else [read]))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def _factor(raw: object) -> float:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return float(raw)
    raise ValueError(raw)


RULES = (scaling_factors,)
