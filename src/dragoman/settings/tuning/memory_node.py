"""The memory beside the cores: on a machine with several nodes vLLM's CPU worker takes that of one."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dragoman.machine import CPUS, Memory

# As vLLM's get_memory_node_info counts what is left: what is free, and what the kernel gives back when asked.
_LEFT = ("MemFree", "Active(file)", "Inactive(file)", "SReclaimable")


def beside_first_core(memory: Memory, cpus: Path = CPUS) -> Memory:
    """Return the memory, or that of the node of the first core that the process may use where it is less.

    `memory` is what the machine or the container has; it stays where the kernel tells of no nodes.
    """
    core = cpus / f"cpu{min(os.sched_getaffinity(0))}"
    try:
        numbers = dict(line for node in core.glob("node[0-9]*") for line in _lines(node / "meminfo"))
        total, available = numbers["MemTotal"], sum(numbers[name] for name in _LEFT)
    except (OSError, ValueError, LookupError):
        return memory
    return replace(memory, total=min(total, memory.total), available=min(available, memory.available))


def _lines(meminfo: Path) -> Iterator[tuple[str, int]]:
    """Yield names and bytes; a line is such as `Node 0 MemTotal: 97421888 kB`."""
    for line in meminfo.read_text().splitlines():
        _, _, name, amount, *_ = line.split()
        yield name.removesuffix(":"), int(amount) * 1024
