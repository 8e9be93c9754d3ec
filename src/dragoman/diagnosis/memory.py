"""The memory of the machine or the container, against what the model needs of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from dragoman import machine
from dragoman.diagnosis.findings import Finding, advice, fine, problem
from dragoman.diagnosis.subject import Subject
from dragoman.diagnosis.topics import Check, Topic
from dragoman.diagnosis.units import GIB, gib
from dragoman.machine import Cores, Memory
from dragoman.settings.footprint import Footprint, footprint
from dragoman.settings.tuning import memory_node
from dragoman.settings.tuning.cache_memory import NAME, PROCESSES

# The worker's processes on a GPU: torch, CUDA's context and the libraries.
PROCESSES_ON_GPU = 4 * GIB
# What may be in the swap without slowing anything down.
QUIET_SWAP = GIB


@dataclass(frozen=True, slots=True)
class Resources:
    """What there is, and what is asked for.

    Args:
        memory: what this process may use.
        cores: what can compute.
        swapped: bytes in the swap.
        size: the model's size; None where it is not at hand.
        gpus: how many GPUs the worker would see.
    """

    memory: Memory
    cores: Cores
    swapped: int
    size: Footprint | None
    gpus: int


def look(subject: Subject) -> Resources:
    """Measure, as the worker does before it chooses its defaults."""
    gpus = subject.gpus
    whole = machine.memory()
    return Resources(
        memory=whole if gpus else memory_node.beside_first_core(whole),
        cores=machine.cores(),
        swapped=psutil.swap_memory().used,
        size=footprint(subject.view()) if subject.has_engine else None,
        gpus=gpus,
    )


def room(subject: Subject, found: Resources) -> Iterator[Finding]:
    """Whether the model fits."""
    memory, size = found.memory, found.size
    place = "the container" if memory.limited else "this machine"
    if size is None or found.gpus:
        least = PROCESSES_ON_GPU if found.gpus else PROCESSES
        if memory.available < least and subject.has_engine:
            what = f"{place} has {gib(memory.available)} of memory left"
            yield problem(
                what, f"The worker's processes alone take about {gib(least)}.", "ps -eo rss,pid,args --sort=-rss | head"
            )
        else:
            yield fine(f"{place} has {gib(memory.available)} of memory left")
        return
    # vLLM counts the pages of the files that were read as used where the container has a limit.
    weights = size.weights + (size.files if memory.limited else 0)
    need = int(weights + PROCESSES)
    if need > memory.available:
        what = f"the model needs {gib(need)} before it has any KV cache, and {place} has {gib(memory.available)} left"
        why = "The kernel ends the worker while it loads the weights, or vLLM finds no room for the KV cache."
        yield problem(what, why, subject.command("plan"))
    elif size.token and size.context and (cache := memory.available - need) < size.token * size.context:
        what = f"beside the model there may be room for {cache // size.token} of {size.context} tokens of KV cache"
        why = "Where a request of full length does not fit, vLLM refuses to start."
        # Not all of it: activations take some, too.
        fitting = max(1, int(cache / size.token * 0.8))
        yield advice(what, why, subject.command("serve", "--max-model-len", str(fitting)))
    else:
        yield fine(f"the model needs {gib(need)} and its KV cache; {place} has {gib(memory.available)} left")


def chosen(subject: Subject, found: Resources) -> Iterator[Finding]:
    """Whether the KV cache that was asked for fits."""
    asked = subject.value(NAME)
    weights = found.size.weights if found.size else 0
    if asked and not found.gpus and asked + weights > found.memory.available:
        left = max(0, found.memory.available - weights)
        what = f"{NAME} asks for {gib(asked)}, and {gib(left)} are left beside the weights"
        yield problem(what, "vLLM refuses to start, or the kernel ends the worker.", subject.command("explain"))
    else:
        yield fine("the KV cache that was asked for fits" if asked else "the KV cache takes what is left")


def cores(subject: Subject, found: Resources) -> Iterator[Finding]:
    """Whether threads have cores to run on."""
    granted, threads = found.cores.granted, subject.value("omp_num_threads")
    if granted is not None and granted < 1:
        what = f"the container may use {granted:g} of a core"
        yield advice(what, "A start takes minutes, and every answer is slow.", "docker update --cpus 2 CONTAINER")
    elif threads and threads > found.cores.threads and not found.gpus:
        what = f"{threads} threads compute (OMP_NUM_THREADS), and there are cores for {found.cores.threads}"
        yield advice(what, "They wait for each other, which is slower than fewer threads.", "unset OMP_NUM_THREADS")
    else:
        share = "" if granted is None else f", of which {granted:g} may be used"
        yield fine(f"there are {found.cores.physical} cores{share}")


def swap(subject: Subject, found: Resources) -> Iterator[Finding]:
    """Whether memory has been moved to the disk."""
    if found.swapped > QUIET_SWAP:
        what = f"{gib(found.swapped)} are in the swap"
        yield advice(what, "Weights that are moved to the disk make every token slow.", _emptying(found))
    else:
        yield fine("next to nothing is in the swap")


def _emptying(found: Resources) -> str:
    """What empties the swap, where all of it fits into memory; else what shows who fills that."""
    if found.memory.limited:
        return ""
    if found.swapped < found.memory.available:
        return "sudo swapoff -a && sudo swapon -a"
    return "ps -eo pid,rss,comm --sort=-rss | head"


TOPIC = Topic(
    "memory and cores",
    look,
    (
        Check("memory", "What the model needs against the memory of the machine or the container.", room),
        Check("kv-cache", "Whether the KV cache that was asked for fits beside the weights.", chosen),
        Check("cores", "The container's share of the cores, and threads against it.", cores),
        Check("swap", "Whether memory has been moved to the disk.", swap),
    ),
)
