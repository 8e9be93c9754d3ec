"""How many GPUs the model is spread over, and how much of their memory it gets."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from dragoman.machine import count_gpus
from dragoman.settings.assignments import Assignment, Settled

NAME = "default_parallelism"
# What the drop-in environment documents.
MEMORY = 0.9
SIZES: Mapping[str, str] = MappingProxyType({"tp": "tensor_parallel_size", "pp": "pipeline_parallel_size"})


def gpu_defaults(environment: Mapping[str, str]) -> Callable[[Mapping[str, Settled]], Iterator[Assignment]]:
    """Return the defaults for a machine with this environment: all GPUs, and 90 % of their memory."""

    def defaults(above: Mapping[str, Settled]) -> Iterator[Assignment]:
        gpus = above["gpus"].value if "gpus" in above else count_gpus(environment)
        if "engine_url" in above or gpus == 0:
            return
        if not {"gpu_memory_utilization", "kv_cache_memory_bytes"} & above.keys():
            yield Assignment("gpu_memory_utilization", MEMORY, "worker default on DataRobot")
        copies = above["data_parallel_size"].value if "data_parallel_size" in above else 1
        if gpus // copies > 1 and not {*SIZES.values(), "nnodes"} & above.keys():
            way = above[NAME].value if NAME in above else "tp"
            yield Assignment(SIZES[way], gpus // copies, f"worker default on DataRobot: there are {gpus} GPUs")

    return defaults
