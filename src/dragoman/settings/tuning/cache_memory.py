"""How much memory the KV cache takes on a CPU, where it shares that memory with everything else."""

from collections.abc import Iterator

from dragoman import machine
from dragoman.machine import Memory
from dragoman.settings.footprint import Footprint
from dragoman.settings.processes import DEGREES
from dragoman.settings.rules import WEAKEST, Change, Outcome
from dragoman.settings.tuning import memory_node
from dragoman.settings.view import View

NAME = "kv_cache_memory_bytes"
SHARE = "gpu_memory_utilization"
MIB, GIB = 2**20, 2**30
# More requests of full length than this do not run at a time on a CPU in a useful time.
REQUESTS = 64
# The worker's processes have 0.9 GiB besides weights and KV cache, and activations come on top.
PROCESSES = 1.5 * GIB
SPARE = 0.05
# What vLLM takes unless told, on a CPU as well as on a GPU: of the container's memory, or the machine's.
VLLM_SHARE = 0.92
_DECIDING = (NAME, SHARE, "num_gpu_blocks_override")
# vLLM's older option for the same.
_SPACE = "VLLM_CPU_KVCACHE_SPACE"


def cache_memory(view: View, size: Footprint | None) -> Iterator[Outcome]:
    """Take what is left beside the weights and the processes, and no more than requests of full length can fill.

    vLLM takes a share of all memory, and refuses to start where others have some of that; the kernel ends a container
    that goes beyond its limit.
    """
    several = any(view.get(degree, 1) > 1 for degree in (*DEGREES, "data_parallel_size"))
    if several or any(view.settled(name) for name in _DECIDING) or view.environment.get(_SPACE):
        return
    share = view.get("machine_share", 1.0)
    memory = memory_node.beside_first_core(machine.memory().shared(share))
    if size is not None and size.token is not None:
        yield from _amount(memory, size, size.token)
    elif memory.limited or share < 1:
        yield from _share(memory)


def _amount(memory: Memory, size: Footprint, token: int) -> Iterator[Outcome]:
    # vLLM counts the pages of the files that were read as used where the container has a limit.
    weights = size.weights + (size.files if memory.limited else 0)
    most, room = REQUESTS * size.context * token, _room(memory) - weights
    if room < MIB:
        return
    if most <= room:
        reason = f"{REQUESTS} requests of {size.context} tokens take no more"
    else:
        reason = f"{memory.available / GIB:.1f} GiB are left{_to_whom(memory)}, less the weights and a margin"
    yield Change(NAME, max(MIB, int(min(most, room) // MIB * MIB)), f"worker default: {reason}", WEAKEST)


def _share(memory: Memory) -> Iterator[Outcome]:
    """Leave it to vLLM, which knows the weights when they are loaded, but not the worker's other processes."""
    share = int(100 * _room(memory) / memory.total) / 100
    if 0 < share < VLLM_SHARE:
        yield Change(SHARE, share, f"worker default: of {memory.total / GIB:.1f} GiB{_to_whom(memory)}", WEAKEST)


def _room(memory: Memory) -> float:
    return memory.available * (1 - SPARE) - PROCESSES


def _to_whom(memory: Memory) -> str:
    return " to the container" if memory.limited else ""
