"""How the engine's processes are started: decided here, obeyed by the engine."""

from collections.abc import Iterator, Mapping
from math import prod

from dragoman.settings import ray_cluster
from dragoman.settings.assignments import Settled
from dragoman.settings.rules import WEAKEST, Change
from dragoman.settings.view import View

METHOD = "worker_multiproc_method"
METHOD_VARIABLE = "VLLM_WORKER_MULTIPROC_METHOD"
IN_PROCESS = "in_process_executor"
IN_PROCESS_VARIABLE = "DRAGOMAN_IN_PROCESS_EXECUTOR"
FORK, SPAWN = "fork", "spawn"
# Their product is the number of processes that compute for one EngineCore.
DEGREES = ("tensor_parallel_size", "pipeline_parallel_size", "prefill_context_parallel_size")

_ONE_WORKER = "worker default: one CPU worker computes in EngineCore's own process, on every core"
_ON_GPU = "worker default: on GPUs vLLM chooses the executor"
_ON_RAY = "worker default: Ray starts the processes that compute, on the GPUs of its cluster"
_SEVERAL = "worker default: each of several CPU workers has a process of its own"
_CHOSEN = "worker default: distributed_executor_backend has been chosen"
_FORKED = "worker default: EngineCore is forked from a process that has imported vLLM"
_NUMA = "worker default: numa_bind starts processes through numactl, which a fork does not pass"
_SHARED = "worker default: mm_tensor_ipc torch_shm fails in forked processes"
_CPU_WORKERS = (
    "worker default: vLLM binds each CPU worker to its cores with OpenMP's variables, "
    "which a forked process does not read again"
)


def process_rule(view: View) -> Iterator[Change]:
    """Yield where the computing is done on a CPU, and the start method, where nobody has chosen them."""
    if view.get("engine_url"):
        return
    on_cpu = not ray_cluster.on_ray(view) and view.gpus() == 0
    in_process, reason = _executor(view, on_cpu)
    if view.settled(IN_PROCESS) is None:
        yield Change(IN_PROCESS, in_process, reason, WEAKEST, modest=True)
    if view.settled(METHOD) is None:
        method, reason = _method(view, on_cpu and not view.get(IN_PROCESS, in_process))
        yield Change(METHOD, method, reason, WEAKEST, modest=True)


def process_variables(settled: Mapping[str, Settled], environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables by which vLLM and the engine learn how processes are started.

    Args:
        settled: the settings.
        environment: the worker's own.
    """
    if METHOD not in settled:
        return {}
    in_process = str(settled[IN_PROCESS].value).lower()
    ours = {METHOD_VARIABLE: settled[METHOD].value, IN_PROCESS_VARIABLE: in_process}
    return {**ours, **ray_cluster.variables(settled, environment)}


def _executor(view: View, on_cpu: bool) -> tuple[bool, str]:
    if ray_cluster.on_ray(view):
        return False, _ON_RAY
    if not on_cpu:
        return False, _ON_GPU
    if view.get("distributed_executor_backend") not in (None, "uni"):
        return False, _CHOSEN
    return (False, _SEVERAL) if _workers(view) > 1 else (True, _ONE_WORKER)


def _workers(view: View) -> int:
    return prod(view.get(degree, 1) for degree in DEGREES)


def _method(view: View, has_cpu_workers: bool) -> tuple[str, str]:
    if view.get("numa_bind"):
        return SPAWN, _NUMA
    if view.get("mm_tensor_ipc") == "torch_shm":
        return SPAWN, _SHARED
    return (SPAWN, _CPU_WORKERS) if has_cpu_workers else (FORK, _FORKED)
