"""How vLLM lays out its cache: pages, groups of layers and blocks, as its v1/core/kv_cache_utils.py has them.

Layers whose pages can be looked up in one table are a group. All groups draw blocks of one size from one pool, so a
request takes as many blocks as its groups together need.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from math import ceil

from dragoman.planning.cells import bytes_of_token
from dragoman.planning.configuration import UntoldError
from dragoman.planning.geometry import Geometry
from dragoman.planning.layers import Attention, Latent, Layer, State
from dragoman.planning.terms import Terms

# Latent attention beside states is looked up in blocks of at least so many tokens.
_LATENT_ALIGNMENT = 128
# Where one kind has not many more layers than another, both are filled up to the larger number.
_FILLED_UP = 1.5


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one layer has in a block: vLLM's KVCacheSpec.

    Args:
        page: bytes.
        block: tokens; a state's are those of a whole request.
        window: tokens that are kept; None for all.
        states: how many blocks a sequence has for its states; 0 where blocks hold tokens.
        is_latent: whether it is of latent attention.
    """

    page: int
    block: int
    window: int | None = None
    states: int = 0
    is_latent: bool = False

    @property
    def is_full(self) -> bool:
        """Whether blocks are kept for all tokens of a request."""
        return self.window is None and not self.states

    def blocks(self, length: int, in_flight: int) -> int:
        """How many blocks a request of so many tokens takes."""
        if self.states:
            return self.states
        if self.window is None:
            return -(-length // self.block)
        # The window need not begin where a block does.
        return -(-min(self.window - 1 + in_flight, length) // self.block) + 1


@dataclass(frozen=True, slots=True)
class Pool:
    """A cache without its size.

    Args:
        bytes_per_block: what a block takes on one GPU, in all layers of the largest group.
        groups: what one layer of each group has in a block.
        in_flight: tokens that may be under way at a time.
    """

    bytes_per_block: int
    groups: tuple[Sheet, ...]
    in_flight: int

    @property
    def block(self) -> int:
        """Tokens of a block, as vLLM tells them: the smallest of its groups'."""
        return min(group.block for group in self.groups) if self.groups else 0

    def blocks(self, length: int) -> int:
        """How many blocks a request of so many tokens takes."""
        return sum(group.blocks(length, self.in_flight) for group in self.groups)

    def bytes(self, length: int) -> int:
        """What vLLM wants at least for a request of so many tokens: its blocks, and one that stays empty."""
        return (self.blocks(length) + 1) * self.bytes_per_block if self.groups else 0

    def longest(self, memory: int, most: int) -> int:
        """The tokens of the longest request that so many bytes hold, up to `most`; 0 where they hold none."""
        shortest, longest = 0, most
        while shortest < longest:
            middle = -(-(shortest + longest) // 2)
            if self.bytes(middle) <= memory:
                shortest = middle
            else:
                longest = middle - 1
        return shortest


@dataclass(frozen=True, slots=True)
class Capacity:
    """A cache of some size, in the numbers of vLLM's log.

    Args:
        blocks: how many there are.
        concurrency: how many requests of the longest length it holds at a time.
        tokens: vLLM's `KV cache size`.
    """

    blocks: int
    concurrency: float
    tokens: int


def capacity(pool: Pool, memory: int, length: int, blocks: int | None = None) -> Capacity:
    """Return what so many bytes on each GPU hold of requests of so many tokens.

    `blocks` is vLLM's num_gpu_blocks_override, where that is set.
    """
    count = max(0, memory // pool.bytes_per_block) if blocks is None else blocks
    concurrency = count / pool.blocks(length)
    return Capacity(count, concurrency, int(concurrency * length))


def pool(geometry: Geometry, terms: Terms, length: int) -> Pool:
    """Return how vLLM lays out a model's cache; one without groups where it keeps nothing.

    Raises:
        UntoldError: vLLM's way with such layers is not known here.
    """
    layers = list(_of_largest_stage(geometry.layers, terms.stages))
    if not layers:
        return Pool(0, (), terms.in_flight)
    sheets = list(_sheets(Geometry(tuple(layers), geometry.heads), terms, length))
    if terms.is_uniform or geometry.chunked:
        sheets = _promoted(sheets)
    groups = _groups(sheets)
    largest = max(sum(sheet.page for sheet in group) for group in groups)
    return Pool(largest, tuple(group[0] for group in groups), terms.in_flight)


def _of_largest_stage(layers: Sequence[Layer], stages: int) -> Sequence[Layer]:
    return layers if stages == 1 else layers[: ceil(len(layers) / stages)]


def _sheets(geometry: Geometry, terms: Terms, length: int) -> Iterable[Sheet]:
    block = aligned_block(geometry, terms)
    token = _token(geometry, terms)
    for layer in geometry.layers:
        if isinstance(layer, Attention | Latent):
            yield _of_tokens(layer, terms, block)
        else:
            yield _of_state(layer, terms, block * token if geometry.is_hybrid else 0, block, length)


def aligned_block(geometry: Geometry, terms: Terms) -> int:
    """Return the tokens of a block: beside states as many as it takes for a page of theirs."""
    if not geometry.is_hybrid:
        return terms.block
    state = max(_state_page(layer, terms) for layer in geometry.states)
    is_latent = any(isinstance(layer, Latent) for layer in geometry.attention)
    unit = max(terms.kernel, terms.block, _LATENT_ALIGNMENT if is_latent else 0)
    needed = unit * -(-state // (unit * _token(geometry, terms)))
    return max(terms.block, terms.kernel * -(-needed // terms.kernel))


def _token(geometry: Geometry, terms: Terms) -> int:
    return max((bytes_of_token(layer, terms) for layer in geometry.attention), default=0)


def _state_page(layer: State, terms: Terms) -> int:
    return sum(map(_product, layer.sizes(terms.degree), terms.state_bytes))


def _product(count: int, size: int) -> int:
    return count * size


def _of_tokens(layer: Attention | Latent, terms: Terms, block: int) -> Sheet:
    token = bytes_of_token(layer, terms)
    window = layer.window if isinstance(layer, Attention) else None
    if window is not None:
        block = max(terms.kernel, block // terms.kernel * terms.kernel)
    return Sheet(block * token, block, window, is_latent=isinstance(layer, Latent))


def _of_state(layer: State, terms: Terms, padded: int, block: int, length: int) -> Sheet:
    page = max(padded, _state_page(layer, terms))
    if terms.caches_prefixes:
        return Sheet(page, block, states=2 + terms.drafts + layer.checkpoints)
    return Sheet(page, length, states=1 + terms.drafts)


def _promoted(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Return windows as full attention, where there is full attention beside them."""
    if not any(sheet.is_full for sheet in sheets):
        return list(sheets)
    return [replace(sheet, window=None) for sheet in sheets]


def _groups(sheets: Sequence[Sheet]) -> list[list[Sheet]]:
    first = sheets[0]
    if all(sheet == first for sheet in sheets):
        return [list(sheets)]
    one_table = len({(sheet.block, sheet.window, sheet.states) for sheet in sheets}) == 1
    if one_table and not first.states:
        return [list(sheets)]
    return _of_equal_size(_of_equal_page(sheets))


def _of_equal_page(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Make all pages as large as the largest, by more tokens in a block or else by padding."""
    largest = max(sheet.page for sheet in sheets)
    return [_enlarged(sheet, largest) for sheet in sheets]


def _enlarged(sheet: Sheet, page: int) -> Sheet:
    if not sheet.states and page % sheet.page == 0:
        return replace(sheet, page=page, block=sheet.block * (page // sheet.page))
    if sheet.is_latent:
        raise UntoldError("vLLM cannot make its layers' pages equal")
    return replace(sheet, page=page)


def _of_equal_size(sheets: Sequence[Sheet]) -> list[list[Sheet]]:
    """Split the layers of each kind into groups as large as those of the kind that has fewest."""
    counts = Counter(sheets)
    fewest, most = min(counts.values()), max(counts.values())
    size = most if most < fewest * _FILLED_UP else fewest
    # A group that is not full has empty places, which take as much as full ones.
    return [list(repeat(sheet, size)) for sheet, count in counts.items() for _ in range(-(-count // size))]
