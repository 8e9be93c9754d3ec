"""Types of numbers: how many bytes each takes, and what vLLM makes of a model's."""

from collections.abc import Mapping
from types import MappingProxyType

# As safetensors names them; types below a byte share one.
FILE_BITS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
        **dict.fromkeys(("F32", "I32", "U32"), 32),
        **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
        **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I8", "U8", "BOOL"), 8),
        **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
        "F4": 4,
    }
)
# What is loaded as the type that the model runs in; all others stay as they are.
FLOATING = frozenset({"F64", "F32", "F16", "BF16"})
BYTES: Mapping[str, int] = MappingProxyType({"float32": 4, "float16": 2, "bfloat16": 2})
_NAMES: Mapping[str, str] = MappingProxyType(
    {"float": "float32", "half": "float16", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
)


def named(dtype: str) -> str:
    """Return a type's name in torch, whatever vLLM's settings, config.json or safetensors call it."""
    name = dtype.removeprefix("torch.")
    return _NAMES.get(name, name)
