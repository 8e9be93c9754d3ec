"""Prints how far the norms of ``engine/kernels.py`` are from vLLM's own, in units of the last place; run by a test."""

import json

import torch
from vllm import ir
from vllm.platforms import current_platform

from dragoman.engine.kernels import PROVIDER

current_platform.import_kernels()
EPSILON = 1e-6


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """The largest difference, relative to the size of the numbers and what the type can tell apart."""
    scale = other.float().abs().clamp(min=1.0)
    return float(((one.float() - other.float()).abs() / scale).max() / torch.finfo(one.dtype).eps)


def measured(dtype: torch.dtype, rows: int, width: int) -> list[float]:
    torch.manual_seed(rows * width)
    x, residual = torch.randn(rows, width).to(dtype), torch.randn(rows, width).to(dtype)
    weight = torch.randn(width).to(dtype)
    norm, fused = (op.impls for op in (ir.ops.rms_norm, ir.ops.fused_add_rms_norm))
    ours = norm[PROVIDER].impl_fn(x, weight, EPSILON)
    found = [distance(ours, norm["native"].impl_fn(x, weight, EPSILON))]
    expected = fused["native"].impl_fn(x.clone(), residual.clone(), weight, EPSILON)
    for one, other in zip(fused[PROVIDER].impl_fn(x, residual, weight, EPSILON), expected, strict=True):
        found.append(distance(one, other))
    return found


def taken(width: int, weighted: bool) -> bool:
    x = torch.randn(2, width).bfloat16()
    weight = torch.ones(width).bfloat16() if weighted else None
    return bool(ir.ops.rms_norm.impls[PROVIDER].supports_args(x, weight, EPSILON))


if __name__ == "__main__":
    shapes = [(dtype, rows, width) for dtype in (torch.bfloat16, torch.float32) for rows, width in ((1, 64), (33, 256))]
    print(
        json.dumps(
            {
                "distances": [each for shape in shapes for each in measured(*shape)],
                "taken": [taken(256, True), taken(250, True), taken(256, False)],
            }
        )
    )
