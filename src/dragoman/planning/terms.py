"""What the engine's settings and the device say about its cache."""

from dataclasses import dataclass

from dragoman.planning.dtypes import BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms on which vLLM lays out a cache.

    Args:
        dtype: the type that the model runs in, as torch calls it.
        cache_dtype: vLLM's kv_cache_dtype; `auto` is that of the model.
        block: tokens of a block, before blocks are made larger for states.
        kernel: tokens that the device's attention takes at a time; blocks are multiples of it.
        in_flight: tokens that may be under way at a time.
        degree: how many GPUs share each layer.
        stages: how many groups of GPUs share the layers.
        caches_prefixes: whether vLLM keeps what prompts have in common.
        is_uniform: whether windows are cached like full attention, without vLLM's hybrid cache manager.
        state_dtype: the type of convolutions' states.
        recurrence_dtype: the type of recurrences' states.
        drafts: how many tokens are guessed ahead.
    """

    dtype: str
    cache_dtype: str = "auto"
    block: int = 16
    kernel: int = 16
    in_flight: int = 8192
    degree: int = 1
    stages: int = 1
    caches_prefixes: bool = True
    is_uniform: bool = False
    state_dtype: str
    recurrence_dtype: str
    drafts: int = 0

    @property
    def state_bytes(self) -> tuple[int, int]:
        """Bytes of one value of a convolution and of a recurrence."""
        return BYTES[self.state_dtype], BYTES[self.recurrence_dtype]
