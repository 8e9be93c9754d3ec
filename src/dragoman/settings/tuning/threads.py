"""How many threads compute on a CPU."""

from collections.abc import Iterator

from dragoman import machine
from dragoman.settings.footprint import Footprint
from dragoman.settings.processes import DEGREES
from dragoman.settings.rules import WEAKEST, Change, Outcome
from dragoman.settings.view import View

NAME = "omp_num_threads"
# vLLM's executor for several workers gives each of them its cores, as this variable of vLLM's says.
_BINDING = "VLLM_CPU_OMP_THREADS_BIND"
_IN_PROCESS = "uni"


def threads(view: View, size: Footprint | None) -> Iterator[Outcome]:
    """Compute on every core that the process may use all the time, but a small model on one."""
    if view.settled(NAME) or _is_bound(view):
        return
    cores, share = machine.cores(), view.get("machine_share", 1.0)
    if size and size.is_small and cores.threads > 1:
        millions = f"{size.parameters / 1e6:.1f} million"
        yield Change(NAME, 1, f"worker default: {millions} parameters are too few for several threads", WEAKEST)
    elif share < 1:
        reason = f"{share:g} of {cores.threads} cores"
        yield Change(NAME, max(1, int(cores.threads * share)), f"worker default: {reason} (machine_share)", WEAKEST)
    elif cores.granted is not None and cores.granted < cores.physical:
        granted = f"{cores.granted:g} of {cores.physical} cores"
        yield Change(NAME, cores.threads, f"worker default: the container may use {granted}", WEAKEST)
    else:
        yield Change(NAME, cores.threads, f"worker default: cores that the worker may use: {cores.physical}", WEAKEST)


def _is_bound(view: View) -> bool:
    """Return whether several workers share the cores, or vLLM was told which core each thread gets."""
    several = any(view.get(degree, 1) > 1 for degree in DEGREES)
    executor = view.get("distributed_executor_backend", _IN_PROCESS)
    return several or executor != _IN_PROCESS or bool(view.environment.get(_BINDING))
