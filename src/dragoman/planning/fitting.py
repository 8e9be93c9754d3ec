"""Whether a model fits on devices, and what would make it fit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from dragoman.planning.cache import Capacity, Pool, capacity, pool
from dragoman.planning.configuration import Configuration, UntoldError
from dragoman.planning.devices import GIB, MIB, Device, larger_kinds
from dragoman.planning.engine import Engine
from dragoman.planning.geometry import Geometry
from dragoman.planning.memory import Budget, budget
from dragoman.planning.weights import ONLINE, Weights
from dragoman.settings.values import Value

_MOST_GPUS = 64
_SHORTEST = 1024
# The kinds of GPUs that multiply eight bits, and so gain from weights and caches of eight bits.
_EIGHT_BITS = 8.9
_SMALLER_CACHE, _SMALLER_WEIGHTS = "fp8", "fp8"
_OLDER_DTYPE = "float16"
_FEWER = "fewer at a time"
_NOTHING_LEFT = "nothing is left for the cache beside the weights"


@dataclass(frozen=True)
class Case:
    """A model, the settings and the devices.

    Args:
        configuration: the model's config.json.
        geometry: what it keeps; None where that is not known.
        weights: what its weights take.
        engine: the settings, as vLLM will have them.
        device: what it is put on.
    """

    configuration: Configuration
    geometry: Geometry | None
    weights: Weights
    engine: Engine
    device: Device

    def devices(self, degree: int) -> int:
        """How many devices it takes where so many share each layer."""
        return degree * self.engine.terms.stages * self.engine.replicas

    @property
    def layers(self) -> int | None:
        """How many layers the model says it has; None where it does not."""
        found = self.configuration.get("num_hidden_layers")
        return found if isinstance(found, int) else None

    def divides(self, degree: int) -> bool:
        """Whether the model's heads can be divided among so many GPUs, or are copied where there are too few."""
        geometry = self.geometry
        if geometry is None:
            return True
        shared = not geometry.kv_heads or geometry.kv_heads % degree == 0 or degree % geometry.kv_heads == 0
        return geometry.heads % degree == 0 and shared

    @property
    def has_odd_blocks(self) -> bool:
        """Whether no kernel for attention takes blocks of that size; on a CPU they are only slower."""
        terms = self.engine.terms
        return bool(self.device.is_gpu and self.geometry and self.geometry.attention and terms.block % terms.kernel)

    def degrees(self, most: int) -> Iterator[int]:
        """Yield the degrees of tensor parallelism that so many devices allow."""
        room = most // (self.engine.terms.stages * self.engine.replicas)
        yield from (degree for degree in range(1, room + 1) if self.divides(degree))


@dataclass(frozen=True)
class Fit:
    """How a model fits where so many devices share each layer.

    Args:
        case: what is put where.
        degree: how many devices share each layer.
        budget: what the memory of each goes to.
        pool: how the cache is laid out; None where that is not known.
    """

    case: Case
    degree: int
    budget: Budget
    pool: Pool | None

    @property
    def cache(self) -> int | None:
        """The bytes of the cache on each device; None where that is not known."""
        return None if self.budget.cache is None else max(0, self.budget.cache)

    @cached_property
    def longest(self) -> int | None:
        """The tokens of the longest request that the cache holds, up to what the engine would take; None if unknown."""
        if self.pool is None or self.cache is None:
            return None
        engine = self.case.engine
        most = engine.length if engine.most is None else min(engine.length, engine.most)
        return self.pool.longest(self.cache, most) if self.pool.groups else most

    @property
    def length(self) -> int:
        """The tokens of the longest request that vLLM will take."""
        engine = self.case.engine
        return min(engine.length, self.longest) if engine.fits_length and self.longest is not None else engine.length

    @cached_property
    def capacity(self) -> Capacity | None:
        """What the cache holds; None where it holds nothing, or that is not known."""
        if self.pool is None or not self.pool.groups or not self.cache or not self.length:
            return None
        return capacity(self.pool, self.cache, self.length, self.case.engine.blocks)

    @property
    def holds_weights(self) -> bool:
        """Whether there is memory for the weights and for computing."""
        return self.budget.shortage <= 0

    @property
    def fits(self) -> bool | None:
        """Whether vLLM will start; None where that is not known."""
        if not self.holds_weights or self.problem_of_degree or self.problem_of_settings:
            return False
        if self.longest is None:
            return False if self.cache == 0 else None
        if self.longest < self.length or not self.length:
            return False
        # Without weights it is only known that the cache would fit.
        return None if self.case.weights.memory is None else True

    @property
    def problem(self) -> str | None:
        """Why it does not fit; None where it does."""
        if self.fits is not False:
            return None
        if found := self.problem_of_degree or self.problem_of_settings:
            return found
        if not self.holds_weights:
            return self._of_memory()
        if not self.longest:
            return "the cache that is set holds no request" if self.budget.is_set else _NOTHING_LEFT
        return f"the cache holds a request of {self.longest:,} tokens, and max_model_len is {self.case.engine.length:,}"

    @property
    def problem_of_degree(self) -> str | None:
        """Why the model cannot be shared like that, whatever there is of memory; None where it can."""
        case, needed = self.case, self.case.devices(self.degree)
        if case.device.is_gpu and needed > case.device.count:
            return f"these degrees of parallelism need {needed} GPUs, and there are {case.device.count}"
        if not case.divides(self.degree):
            return f"its heads cannot be divided among {self.degree} GPUs"
        if case.layers is not None and case.engine.terms.stages > case.layers:
            return f"its {case.layers} layers cannot be divided among {case.engine.terms.stages} pipeline stages"
        return None

    @property
    def problem_of_settings(self) -> str | None:
        """Why vLLM refuses the settings, whatever there is of memory; None where it takes them."""
        engine, device = self.case.engine, self.case.device
        if engine.most is not None and engine.length > engine.most:
            return f"max_model_len is {engine.length:,}, and the model is made for {engine.most:,} tokens"
        if engine.terms.dtype == "bfloat16" and not device.has_bfloat16:
            return f"bfloat16 takes a GPU with compute capability 8.0, and {device.name} has {device.capability}"
        if self.case.has_odd_blocks:
            return f"block_size is {engine.terms.block}, which is no multiple of {engine.terms.kernel}"
        return None

    def _of_memory(self) -> str:
        budget = self.budget
        room = budget.free if budget.is_set else min(budget.free, budget.taken)
        if not budget.is_set and budget.filled <= room:
            return f"vLLM takes {gib(budget.taken)} GiB of each device, of which {gib(budget.free)} GiB are free"
        return f"{gib(budget.needed)} GiB are needed on each device, and {gib(room)} GiB are there"


def gib(size: int) -> str:
    """Return bytes in GiB, in words."""
    return f"{size / GIB:,.2f}"


def fit(case: Case, degree: int) -> Fit:
    """Return how a model fits where so many devices share each layer.

    Raises:
        UntoldError: vLLM's cache for such settings is not known here.
    """
    spent = budget(case.device, case.engine, case.configuration, case.weights, degree)
    terms = replace(case.engine.terms, degree=degree)
    laid = None if case.geometry is None else pool(case.geometry, terms, case.engine.length)
    if laid is not None and case.engine.blocks is not None:
        spent = replace(spent, cache=case.engine.blocks * laid.bytes_per_block, is_set=True)
    return Fit(case, degree, spent, laid)


def best(case: Case) -> Fit:
    """Return how a model fits with the degree that was set, or else with the smallest one that fits.

    Raises:
        UntoldError: vLLM's cache for such settings is not known here.
    """
    if case.geometry and not case.device.is_gpu and case.devices(case.engine.degree or 1) > 1:
        raise UntoldError("what several workers on one machine take is not known here")
    if case.engine.degree is not None or not case.device.is_gpu:
        return fit(case, case.engine.degree or 1)
    tried = [fit(case, degree) for degree in case.degrees(case.device.count)] or [fit(case, 1)]
    return next((each for each in tried if each.fits is not False), tried[-1])


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that makes a model fit.

    Args:
        words: what to do.
        settings: the settings for it by their names; none where it is about the devices.
    """

    words: str
    settings: tuple[tuple[str, Value], ...] = ()


def remedies(found: Fit) -> Iterator[Remedy]:
    """Yield what would make a model fit that does not, each by itself; the least change comes first."""
    case, engine = found.case, found.case.engine
    if found.problem_of_degree is None:
        if found.longest and found.longest >= min(_SHORTEST, engine.length // 4):
            yield from _if_it_fits(found, "requests that are shorter", {"max_model_len": found.longest})
        yield from _taken(found)
        yield from _usual(found)
        if found.budget.is_set and (left := _left(found)) is not None:
            yield Remedy("another size of the cache", (left,))
        yield from _smaller(case, found.degree)
    yield from _more(case)
    yield from _larger(case, found.degree)


def _if_it_fits(found: Fit, words: str, settings: Mapping[str, Value]) -> Iterator[Remedy]:
    changed = replace(found.case, engine=_changed(found.case.engine, settings))
    if fit(changed, found.degree).fits:
        yield Remedy(words, tuple(settings.items()))


def _changed(engine: Engine, settings: Mapping[str, Value]) -> Engine:
    batched = settings.get("max_num_batched_tokens", engine.batched)
    terms = replace(
        engine.terms,
        dtype=settings.get("dtype", engine.terms.dtype),
        block=settings.get("block_size", engine.terms.block),
        in_flight=engine.terms.in_flight // engine.batched * batched,
    )
    return replace(
        engine,
        terms=terms,
        length=settings.get("max_model_len", engine.length),
        sequences=settings.get("max_num_seqs", engine.sequences),
        batched=batched,
    )


def _taken(found: Fit) -> Iterator[Remedy]:
    """Yield settings that vLLM takes in place of those that it refuses."""
    terms = found.case.engine.terms
    if terms.dtype == "bfloat16" and not found.case.device.has_bfloat16:
        yield from _if_it_fits(found, "numbers that the GPU has", {"dtype": _OLDER_DTYPE})
    if found.case.has_odd_blocks:
        size = max(1, terms.block // terms.kernel) * terms.kernel
        yield from _if_it_fits(found, "another size of blocks", {"block_size": size})


def _usual(found: Fit) -> Iterator[Remedy]:
    """Yield what vLLM runs at a time where nothing is set, if that is less: each by itself, or else both."""
    engine = found.case.engine
    sequences, batched = engine.usual
    less: dict[str, Value] = {}
    if engine.sequences > sequences:
        less["max_num_seqs"] = sequences
    if engine.batched > batched:
        less["max_num_batched_tokens"] = batched
    each = [remedy for item in less.items() for remedy in _if_it_fits(found, _FEWER, dict((item,)))]
    yield from each or (_if_it_fits(found, _FEWER, less) if len(less) > 1 else ())


def _left(found: Fit) -> tuple[str, Value] | None:
    """Return the setting of a cache as large as the memory has room for, where that is enough for one request."""
    spent, pool = found.budget, found.pool
    if spent.weights is None or pool is None or not pool.groups or found.problem_of_settings:
        return None
    left = min(spent.free, spent.taken) - spent.filled
    if pool.bytes(found.length) > left:
        return None
    if found.case.engine.blocks is not None:
        return "num_gpu_blocks_override", left // pool.bytes_per_block
    return "kv_cache_memory_bytes", left // MIB * MIB


def _smaller(case: Case, degree: int) -> Iterator[Remedy]:
    engine = case.engine
    if case.device.is_gpu and 0 < case.device.capability < _EIGHT_BITS:
        return
    if engine.terms.cache_dtype == "auto" and case.geometry and case.geometry.attention:
        terms = replace(engine.terms, cache_dtype=_SMALLER_CACHE)
        if fit(replace(case, engine=replace(engine, terms=terms)), degree).fits:
            yield Remedy("a cache of eight bits", (("kv_cache_dtype", _SMALLER_CACHE),))
    memory = case.weights.memory
    if case.device.is_gpu and case.weights.quantization is None and memory is not None:
        lighter = replace(case.weights, memory=int(memory * ONLINE[_SMALLER_WEIGHTS] / 2))
        if fit(replace(case, weights=lighter), degree).fits:
            yield Remedy("weights of eight bits", (("quantization", _SMALLER_WEIGHTS),))


def _more(case: Case) -> Iterator[Remedy]:
    if not case.device.is_gpu:
        return
    plenty = replace(case, device=replace(case.device, count=_MOST_GPUS))
    degree = next((each for each in plenty.degrees(_MOST_GPUS) if fit(plenty, each).fits), None)
    if degree is not None and case.engine.degree != degree:
        count = case.devices(degree)
        words = f"{count} GPUs of this kind" if count > case.device.count else "another degree"
        yield Remedy(words, (("tensor_parallel_size", degree),))


def _larger(case: Case, degree: int) -> Iterator[Remedy]:
    if not case.device.is_gpu:
        return
    for device in larger_kinds(case.device):
        if fit(replace(case, device=device), degree).fits:
            yield Remedy(f"{'a GPU' if device.count == 1 else 'GPUs'} of the kind {device.name}")
            return
