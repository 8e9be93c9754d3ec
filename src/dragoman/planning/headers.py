"""What the headers of safetensors files tell: names, types and shapes of all tensors, and none of their values."""

import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from dragoman.settings.values import Value

# An index of some ten thousand tensors has a few MiB; what claims more is none.
_LONGEST = 100 * 2**20
_METADATA = "__metadata__"
# The numbers of a tensor are counted in 64 bits.
_MOST = 2**63


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file.

    Args:
        name: what the file calls it.
        dtype: its type as safetensors has it, such as BF16 or F8_E4M3; empty where the header does not say.
        shape: its dimensions.

    Raises:
        ValueError: these are more numbers than a tensor can have.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.elements >= _MOST:
            raise ValueError(f"no tensor has {self.elements} numbers")

    @property
    def elements(self) -> int:
        """How many numbers it has; several may be packed into one element of a quantized model."""
        return prod(self.shape)


def tensors(file: Path) -> Iterator[Tensor]:
    """Yield the tensors of a safetensors file, whose header is JSON behind eight bytes of length.

    Raises:
        OSError: it cannot be read.
        ValueError, LookupError, TypeError, AttributeError: this is no such file, or it ends before its tensors do.
    """
    if not stat.S_ISREG(file.stat().st_mode):
        # Opening a pipe waits until somebody writes to it.
        raise ValueError("this is no file")
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > _LONGEST:
            raise ValueError("this is no header")
        header = json.loads(stream.read(length))
    if 8 + length + _end(header) > file.stat().st_size:
        raise ValueError("the file ends before its tensors do")
    yield from parsed(header)


def _end(header: Mapping[str, Value]) -> int:
    """Return where the last tensor ends, in bytes behind the header."""
    offsets = (tensor.get("data_offsets") for name, tensor in header.items() if name != _METADATA)
    return max((end for _, end in filter(None, offsets)), default=0)


def parsed(header: Mapping[str, Value]) -> Iterator[Tensor]:
    """Yield the tensors of a header that has been read."""
    for name, tensor in header.items():
        if name != _METADATA:
            yield Tensor(name, str(tensor.get("dtype") or ""), tuple(_dimension(each) for each in tensor["shape"]))


def _dimension(number: Value) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{number!r} is no dimension")
    return number
