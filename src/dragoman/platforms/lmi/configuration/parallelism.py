"""How many GPUs the model is spread over."""

from collections.abc import Iterator
from contextlib import suppress
from math import prod

from dragoman.platforms.lmi.configuration.conflicts import conflict
from dragoman.platforms.lmi.configuration.origins import DEFAULT, is_option
from dragoman.settings import ray_cluster
from dragoman.settings.rules import WEAKEST, Change, Outcome, Remark
from dragoman.settings.values import integer
from dragoman.settings.view import View

DEGREE = "tensor_parallel_degree"
STAGES = "pipeline_parallel_degree"
_ALL = "max"
_SIZES = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")


def stages(view: View) -> Iterator[Outcome]:
    """Refuse pipeline parallelism, which LMI's vLLM handler does not have; vLLM's own flag may ask for it."""
    if degree := view.settled(STAGES):
        yield from conflict(view, STAGES, degree.value, "pipeline_parallel_size")
        yield Change("pipeline_parallel_size", degree.value, degree.source, degree.rank, modest=True)
    for name in (STAGES, "pipeline_parallel_size"):
        if (settled := view.settled(name)) and is_option(view, settled) and settled.value != 1:
            yield Remark(f"{view.cite(name)}: LMI allows only 1 with vLLM; {DEGREE} spreads the model", fatal=True)
            return


def degree(view: View) -> Iterator[Outcome]:
    """Spread the model over as many GPUs as were asked for; `max` is all of them, and so is nothing."""
    asked = view.settled(DEGREE)
    if view.get("engine_url"):
        return
    if asked is None:
        yield from _default(view)
    elif (size := _size(view, asked.value)) is None:
        yield Remark(f"{view.cite(DEGREE)} is neither {_ALL} nor a number of GPUs from 1 on", fatal=True)
    else:
        yield from conflict(view, DEGREE, size, "tensor_parallel_size")
        yield Change("tensor_parallel_size", size, asked.source, asked.rank, modest=True)


def _default(view: View) -> Iterator[Outcome]:
    size = _most(view)
    if view.settled("tensor_parallel_size") is None and view.settled("nnodes") is None and size > 1:
        yield Change("tensor_parallel_size", size, f"{DEFAULT}: {_ALL}, and there are {view.gpus()} GPUs", WEAKEST)


def _size(view: View, asked: str) -> int | None:
    if asked == _ALL:
        return _most(view)
    with suppress(ValueError):
        return integer(asked) if integer(asked) > 0 else None
    return None


def _most(view: View) -> int:
    """Return the GPUs that each stage of each copy of the model can have; 1 without GPUs."""
    others = view.get("pipeline_parallel_size", 1) * view.get("data_parallel_size", 1)
    return max(1, int(view.gpus() // others))


def idle_gpus(view: View) -> Iterator[Outcome]:
    """Say that GPUs have nothing to do; LMI runs more copies of the model on them, this worker runs one."""
    sizes = [name for name in _SIZES if view.settled(name)]
    elsewhere = view.get("engine_url") or view.get("nnodes", 1) > 1 or ray_cluster.on_ray(view)
    gpus, used = view.gpus(), prod(view.get(name) for name in sizes)
    if elsewhere or not sizes or used >= gpus:
        return
    hint = f"; {DEGREE}={_ALL} uses more" if view.get("tensor_parallel_size", 1) < _most(view) else ""
    yield Remark(f"{' and '.join(map(view.cite, sizes))}: {gpus - used} of the {gpus} GPUs stay idle{hint}")


RULES = (stages, degree, idle_gpus)
