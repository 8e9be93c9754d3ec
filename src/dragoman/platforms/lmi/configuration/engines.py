"""Which engine of DJL Serving is asked for, and how many of it: this worker is one vLLM, LMI's Python engine."""

from collections.abc import Iterator
from types import MappingProxyType

from dragoman.settings.rules import Outcome, Remark
from dragoman.settings.view import View

NAME = "engine"
WORKERS = ("min_workers", "max_workers")
PYTHON = "python"
_OLD = MappingProxyType(
    {
        "mpi": "vLLM starts its own processes, without MPI",
        "deepspeed": "LMI has dropped DeepSpeed, and vLLM serves the model",
    }
)


def engine(view: View) -> Iterator[Outcome]:
    """Accept Python, and with a warning what old files name in its place."""
    asked = view.get(NAME, PYTHON)
    if reason := _OLD.get(asked):
        yield Remark(f"{view.cite(NAME)} is read as Python: {reason}")
    elif asked != PYTHON:
        yield Remark(f"{view.cite(NAME)}: this worker has vLLM only; write Python", fatal=True)


def one_worker(view: View) -> Iterator[Outcome]:
    """Refuse more than one copy of the model."""
    if more := [name for name in WORKERS if view.get(name, 1) > 1]:
        yield Remark(
            f"{' and '.join(map(view.cite, more))}: only 1 is possible, as the worker is one engine, which batches all "
            "requests; start more workers for more copies",
            fatal=True,
        )


RULES = (engine, one_worker)
