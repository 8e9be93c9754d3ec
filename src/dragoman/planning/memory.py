"""What of a device's memory the cache gets: what is left beside the weights and the work."""

from dataclasses import dataclass
from math import ceil

from dragoman.planning.configuration import Configuration
from dragoman.planning.devices import GIB, Device
from dragoman.planning.dtypes import BYTES
from dragoman.planning.engine import Engine
from dragoman.planning.weights import Weights
from dragoman.settings.tuning.cache_memory import PROCESSES

# What a GPU has besides weights and cache, as an estimate: CUDA's own, graphs, and the buffers of its neighbours.
_RUNTIME, _GRAPHS, _NEIGHBOURS = GIB // 4, GIB // 2, GIB // 2
# Between two layers a token has its hidden values some times over, and inside one those of the feed-forward part.
_HIDDEN, _INNER = 4, 3
# Logits are taken in float32, and once more as probabilities.
_LOGIT = 8


@dataclass(frozen=True, slots=True)
class Budget:
    """The memory of one device, in bytes.

    Args:
        taken: what vLLM may take of it.
        free: what nothing else uses.
        weights: the device's part of the weights; None where that is not known.
        work: what computing takes, an estimate.
        cache: what the cache gets; not above 0 where there is nothing for it, None where that is not known.
        is_set: whether somebody has said how much that is.
    """

    taken: int
    free: int
    weights: int | None
    work: int
    cache: int | None
    is_set: bool

    @property
    def needed(self) -> int:
        """What all of it takes together, as far as it is known."""
        return self.filled + max(0, self.cache or 0)

    @property
    def filled(self) -> int:
        """What is taken before there is a cache, as far as it is known."""
        return (self.weights or 0) + self.work

    @property
    def shortage(self) -> int:
        """How many bytes there are too few for what is set, or for vLLM's share; not above 0 where there are none."""
        if self.is_set:
            return self.needed - self.free
        return max(self.taken - self.free, self.filled - self.taken)


def budget(device: Device, engine: Engine, configuration: Configuration, weights: Weights, degree: int) -> Budget:
    """Return what each device's memory goes to where so many of them share each layer.

    Args:
        device: what the model is put on.
        engine: the settings.
        configuration: the model's.
        weights: what all weights take.
        degree: how many devices share each layer.
    """
    part = None if weights.memory is None else ceil(weights.memory / (degree * engine.terms.stages))
    taken = int(device.memory * engine.utilization)
    work = _of_gpu(engine, configuration, degree) if device.is_gpu else _of_cpu(device, weights)
    left = None if part is None else taken - part - work
    given = engine.cache_bytes
    return Budget(taken, device.free, part, work, left if given is None else given, given is not None)


def _of_cpu(device: Device, weights: Weights) -> int:
    """Return what the worker's processes take; a container's limit counts the files that were read, too."""
    return int(PROCESSES) + ((weights.files or 0) if device.is_limited else 0)


def _of_gpu(engine: Engine, configuration: Configuration, degree: int) -> int:
    hidden, vocabulary = _number(configuration, "hidden_size"), _number(configuration, "vocab_size")
    values = _HIDDEN * hidden + _INNER * _number(configuration, "intermediate_size") // degree
    if experts := _number(configuration, "num_experts_per_tok"):
        inner = _number(configuration, "moe_intermediate_size") or _number(configuration, "intermediate_size")
        values = max(values, experts * (_INNER * inner // degree + 2 * hidden))
    step = engine.batched * values * BYTES[engine.terms.dtype]
    logits = engine.sequences * vocabulary * _LOGIT
    graphs = 0 if engine.is_eager else _GRAPHS
    return max(step, logits) + _RUNTIME + graphs + (_NEIGHBOURS if degree > 1 else 0)


def _number(configuration: Configuration, name: str) -> int:
    found = configuration.get(name)
    return found if isinstance(found, int) and found > 0 else 0
