"""The norms of vLLM's CPU build, in C++, for layers that are not compiled.

vLLM 0.32 registers them for GPUs only; on a CPU its layers compute a norm in seven steps of PyTorch's, which
torch.compile puts together and eager mode does not. Imported by ``vllm.py`` alone, before anything is forked.
"""

import torch
from torch import Tensor
from vllm import ir
from vllm.config.kernel import IrOpPriorityConfig

PROVIDER = "cpu_c"
# The kernels read so many numbers at a time: csrc/cpu/layernorm.cpp.
WIDTH = 16


def _fits(x: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None) -> bool:
    return (
        variance_size is None
        and weight is not None
        and weight.dtype == x.dtype
        and x.shape[-1] % WIDTH == 0
        and x.is_contiguous()
    )


@ir.ops.rms_norm.register_impl(PROVIDER, supports_args=_fits)  # type: ignore[untyped-decorator]
def rms_norm(x: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None) -> Tensor:
    """The norm of each row."""
    output = torch.empty_like(x)
    torch.ops._C.rms_norm(output, x, weight, epsilon)
    return output


def _both_fit(
    x: Tensor, x_residual: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None
) -> bool:
    return _fits(x, weight, epsilon, variance_size) and x_residual.is_contiguous() and x_residual.dtype == x.dtype


@ir.ops.fused_add_rms_norm.register_impl(PROVIDER, supports_args=_both_fit, inplace=True)  # type: ignore[untyped-decorator]
def fused_add_rms_norm(
    x: Tensor, x_residual: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None
) -> tuple[Tensor, Tensor]:
    """The norm of each row of the sum, and the sum; in the place of both."""
    torch.ops._C.fused_add_rms_norm(x, x_residual, weight, epsilon)
    return x, x_residual


def preferred(priority: IrOpPriorityConfig) -> None:
    """Puts them before vLLM's own choice, but behind a user's."""
    for name in ("rms_norm", "fused_add_rms_norm"):
        chosen = getattr(priority, name)
        if not chosen:
            chosen.append(PROVIDER)
