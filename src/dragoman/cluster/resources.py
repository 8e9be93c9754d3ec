"""What a replica needs of a cluster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from dragoman.settings.processes import DEGREES
from dragoman.settings.ray_cluster import BACKENDS, RAY
from dragoman.settings.values import Value

# The least of a resource that Ray counts, which leaves all of it to others.
A_TRACE = 0.001


@dataclass(frozen=True)
class Node:
    """What one machine of a cluster offers.

    Args:
        cpus: cores, as Ray counts them.
        gpus: GPUs.
        kind: the resource by which Ray names the kind of its GPUs.
    """

    cpus: float
    gpus: float
    kind: str | None = None


@dataclass(frozen=True)
class Claim:
    """What Ray sets aside for a replica.

    Args:
        cpus: cores.
        gpus: GPUs; 0 where there are none, and where vLLM has Ray place its workers by itself.
        on_cpu: whether it computes on cores, of which it may have no more than those.
        beside: the kind of GPUs that it has to be beside, though they are none of its own.
    """

    cpus: int
    gpus: int
    on_cpu: bool
    beside: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What Ray calls it."""
        beside = {"resources": {self.beside: A_TRACE}} if self.beside else {}
        return {"num_cpus": self.cpus, "num_gpus": self.gpus, **beside}

    def share(self, node: Node) -> float:
        """The part of a node's cores, and with them of its memory, that the replica may have."""
        return min(1.0, self.cpus / node.cpus) if self.on_cpu and node.cpus else 1.0


def claim(value: Callable[[str], Value], nodes: Sequence[Node], most: int) -> Claim:
    """What a replica of this configuration needs there.

    Args:
        value: gives a setting's value by its name; ``gpus`` overrides what the nodes have at the moment.
        nodes: the machines that there are.
        most: how many replicas there may be.
    """
    if value("engine_url"):
        return Claim(cpus=1, gpus=0, on_cpu=False)
    if RAY in map(value, BACKENDS):
        # vLLM has Ray place its workers by itself, and needs a GPU in sight to know what it is for.
        beside = next((node.kind for node in nodes if node.gpus and node.kind), None)
        return Claim(cpus=1, gpus=0, on_cpu=False, beside=beside)
    told = value("gpus")
    if told if told is not None else any(node.gpus for node in nodes):
        return Claim(cpus=1, gpus=prod(value(name) or 1 for name in (*DEGREES, "data_parallel_size")), on_cpu=False)
    return Claim(cpus=_cores(nodes, most), gpus=0, on_cpu=True)


def _cores(nodes: Sequence[Node], most: int) -> int:
    """The most that each of so many replicas can have at a time; one where there are too few for all."""
    largest = int(max((node.cpus for node in nodes), default=1))
    places = {cores: sum(int(node.cpus // cores) for node in nodes) for cores in range(1, largest + 1)}
    return max((cores for cores, count in places.items() if count >= most), default=1)
