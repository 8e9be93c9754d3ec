"""What one layer of a model keeps for each token or for each sequence: numbers of values, not yet of bytes."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Attention:
    """A layer that keeps a key and a value of each token in each of its KV heads.

    Args:
        kv_heads: how many heads keep something; several heads of the query share one.
        key: values of a key.
        value: values of a value.
        window: how many tokens back it looks; None for all.
    """

    kv_heads: int
    key: int
    value: int
    window: int | None = None

    def heads_at(self, degree: int) -> int:
        """How many KV heads are on one of so many GPUs, which share them; a head that is alone is on several."""
        return max(1, self.kv_heads // degree)


@dataclass(frozen=True, slots=True)
class Latent:
    """A layer of multi-head latent attention, which keeps one vector of each token for all heads, on every GPU.

    Args:
        rank: values of the latent vector.
        rope: values of the part with the position.
    """

    rank: int
    rope: int

    @property
    def size(self) -> int:
        """Values of both."""
        return self.rank + self.rope


@dataclass(frozen=True, slots=True)
class Mamba1:
    """The state of a sequence in a layer of Mamba's first kind."""

    channels: int
    state: int
    kernel: int
    checkpoints: int = 0

    def sizes(self, degree: int) -> tuple[int, int]:
        """The values of the convolution and of the recurrence on one of so many GPUs."""
        channels = self.channels // degree
        return channels * (self.kernel - 1), channels * self.state


@dataclass(frozen=True, slots=True)
class Mamba2:
    """The state of a sequence in a layer of Mamba's second kind.

    `checkpoints` is how many more states vLLM keeps so that prefixes are found again in the middle of a prompt.
    """

    channels: int
    groups: int
    heads: int
    head_size: int
    state: int
    kernel: int
    checkpoints: int = 1

    def sizes(self, degree: int) -> tuple[int, int]:
        """The values of the convolution and of the recurrence on one of so many GPUs."""
        # Groups that cannot be divided are copied, so that each GPU has those of its heads.
        groups = self.groups if self.groups % degree == 0 else degree
        width = (self.channels + 2 * groups * self.state) // degree
        return width * (self.kernel - 1), self.heads // degree * self.head_size * self.state


@dataclass(frozen=True, slots=True)
class DeltaNet:
    """The state of a sequence in a layer of gated delta networks, as of Qwen3-Next."""

    key_heads: int
    value_heads: int
    key: int
    value: int
    kernel: int
    checkpoints: int = 0

    def sizes(self, degree: int) -> tuple[int, int]:
        """The values of the convolution and of the recurrence on one of so many GPUs."""
        width = 2 * self.key * self.key_heads + self.value * self.value_heads
        return width // degree * (self.kernel - 1), self.value_heads // degree * self.value * self.key


@dataclass(frozen=True, slots=True)
class ShortConvolution:
    """The state of a sequence in a convolution over the last tokens, as of LFM2."""

    channels: int
    kernel: int
    checkpoints: int = 0

    def sizes(self, degree: int) -> tuple[int, int]:
        """The values of the convolution on one of so many GPUs; there is no recurrence."""
        return self.channels // degree * (self.kernel - 1), 0


State: TypeAlias = Mamba1 | Mamba2 | DeltaNet | ShortConvolution
Layer: TypeAlias = Attention | Latent | State
STATES = (Mamba1, Mamba2, DeltaNet, ShortConvolution)
