"""How many GPUs the model is spread over."""

from collections.abc import Callable, Iterator, Mapping

from dragoman.machine import count_gpus
from dragoman.settings import ray_cluster
from dragoman.settings.assignments import Assignment, Settled
from dragoman.settings.rules import Change, Outcome, Remark
from dragoman.settings.view import View

MEMORY = 0.95


def gpu_defaults(environment: Mapping[str, str]) -> Callable[[Mapping[str, Settled]], Iterator[Assignment]]:
    """Return the defaults for a machine with this environment: all GPUs, and 95 % of their memory."""

    def defaults(above: Mapping[str, Settled]) -> Iterator[Assignment]:
        gpus = above["gpus"].value if "gpus" in above else count_gpus(environment)
        if "engine_url" in above or gpus == 0:
            return
        if not {"gpu_memory_utilization", "kv_cache_memory_bytes"} & set(above):
            yield Assignment("gpu_memory_utilization", MEMORY, "worker default on RunPod")
        size = gpus // (_size(above, "pipeline_parallel_size") * _size(above, "data_parallel_size"))
        if not {"tensor_parallel_size", "nnodes"} & set(above) and size > 1:
            yield Assignment("tensor_parallel_size", size, f"worker default: there are {gpus} GPUs")

    return defaults


def _size(above: Mapping[str, Settled], name: str) -> int:
    return int(above[name].value) if name in above else 1


def clamp(view: View) -> Iterator[Outcome]:
    """Spread the model over no more GPUs than there are."""
    wanted = view.settled("tensor_parallel_size")
    elsewhere = view.get("engine_url") or ray_cluster.on_ray(view) or view.get("nnodes", 1) > 1
    if wanted is None or wanted.value == 1 or elsewhere or (gpus := view.gpus()) == 0:
        return
    most = max(1, gpus // view.get("pipeline_parallel_size", 1))
    if wanted.value > most:
        yield Change("tensor_parallel_size", most, wanted.source, wanted.rank)
        yield Remark(
            f"{view.cite('tensor_parallel_size')} is more than the {gpus} GPUs that there are: it became {most}"
        )


def loading_workers(view: View) -> Iterator[Outcome]:
    """Drop the limit of loading workers where the model is spread over GPUs, each of which loads its part."""
    name = "max_parallel_loading_workers"
    given, size = view.settled(name), view.get("tensor_parallel_size", 1)
    if given and size > 1:
        yield Change(name, None, f"worker default: tensor_parallel_size is {size}", given.rank)
        yield Remark(f"{view.cite(name)} is ignored: {view.cite('tensor_parallel_size')} loads in parallel")
