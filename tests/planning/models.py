"""Models that are no more than a config.json and the headers of their weights."""

import json
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from dragoman.planning.dtypes import FILE_BITS
from dragoman.planning.headers import Tensor


def write_model(directory: Path, config: Mapping[str, Any], tensors: Sequence[Tensor] = ()) -> Path:
    """Writes a model; the files are as long as their tensors would be, without taking that much of the disk."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config))
    if tensors:
        write_weights(directory / "model.safetensors", tensors)
    return directory


def write_weights(file: Path, tensors: Sequence[Tensor]) -> Path:
    """Writes a safetensors file with a hole where its tensors would be."""
    header, end = {}, 0
    for tensor in tensors:
        size = prod(tensor.shape) * FILE_BITS[tensor.dtype] // 8
        header[tensor.name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text)
    with file.open("r+b") as stream:
        stream.truncate(8 + len(text) + end)
    return file


def billions(count: float) -> list[Tensor]:
    """Returns bfloat16 weights of so many billion parameters."""
    return [Tensor("model.layers.0.mlp.up_proj.weight", "BF16", (int(count * 1000), 1_000_000))]
