"""How many parameters a model has, and how many bytes they take in files and in memory."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.planning.configuration import Configuration
from dragoman.planning.dtypes import BYTES, FILE_BITS, FLOATING
from dragoman.planning.headers import Tensor
from dragoman.settings.values import Value

_BITS = 4
# What goes with quantized weights and is none itself.
_BESIDE = re.compile(
    r"(qzeros|g_idx|scales|absmax|quant_map|shape|zero_point|quant_state[\w.]*)$"
    r"|(^|[._])(\w*scale(_\w+)?|scale)$"
)
# Tensors with several weights in each element.
_PACKED = re.compile(r"(qweight|weight_packed|_blocks)$")
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
_GUESSING = "mtp."
# What stays as it is where vLLM quantizes a model as it loads it.
_KEPT = re.compile(r"embed|lm_head|wte|wpe|norm|router|gate\.weight$")
# What each weight takes then.
ONLINE: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys(("fp8", "fp8_per_tensor", "fp8_per_block", "fp8_per_channel", "mxfp8", "online", "torchao"), 1),
        **dict.fromkeys(("experts_int8", "int8_per_channel_weight_only"), 1),
        "nvfp4_per_token": 0.5625,
    }
)


@dataclass(frozen=True, slots=True)
class Share:
    """The weights of one type.

    Args:
        dtype: as safetensors has it.
        parameters: how many there are.
        files: their bytes in the files.
    """

    dtype: str
    parameters: int
    files: int


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's weights.

    Args:
        parameters: how many there are; None where only the files' sizes are known.
        files: their bytes in the files; None where there are none.
        memory: their bytes in memory, of all GPUs together; None where there are no files.
        shares: the types they are of, the largest first.
        quantization: how they are quantized, in words; None where they are not.
    """

    parameters: int | None
    files: int | None
    memory: int | None
    shares: tuple[Share, ...] = ()
    quantization: str | None = None


def weights(
    tensors: Iterable[Tensor], configuration: Configuration, dtype: str, quantization: str | None, *, drafts: bool
) -> Weights:
    """Return what a model's weights take.

    Args:
        tensors: all of its files.
        configuration: its config.json.
        dtype: the type that it runs in.
        quantization: vLLM's setting of that name.
        drafts: whether layers that guess tokens ahead are loaded.
    """
    own = quantized(configuration)
    online = ONLINE.get(quantization or "") if not own else None
    parameters: defaultdict[str, int] = defaultdict(int)
    files: defaultdict[str, int] = defaultdict(int)
    memory = 0.0
    layers = configuration.get("num_hidden_layers")
    for tensor in tensors:
        parameters[tensor.dtype] += _parameters(tensor, configuration.quantization)
        files[tensor.dtype] += _bytes(tensor)
        if drafts or not _guesses(tensor.name, layers):
            memory += _loaded(tensor, dtype, online, is_quantized=bool(own))
    shares = [Share(each, parameters[each], files[each]) for each in files]
    shares.sort(key=lambda share: share.files, reverse=True)
    words = own or (f"{quantization}, as it is loaded" if online else None)
    return Weights(sum(parameters.values()), sum(files.values()), int(memory), tuple(shares), words)


def quantized(configuration: Configuration) -> str | None:
    """Return how the model's files are quantized, in words; None where they are not."""
    settings = configuration.quantization
    if not settings:
        return None
    method = str(settings.get("quant_method") or settings.get("format") or "quantized")
    bits = _bits(settings)
    return f"{method}, {bits} bits" if bits else method


def _bits(settings: Mapping[str, Value]) -> int | None:
    for name in ("bits", "w_bit"):
        if isinstance(found := settings.get(name), int):
            return found
    if settings.get("load_in_4bit") or settings.get("quant_method") == "mxfp4":
        return 4
    groups = settings.get("config_groups")
    for group in groups.values() if isinstance(groups, dict) else ():
        held = group.get("weights") if isinstance(group, dict) else None
        if isinstance(held, dict) and isinstance(held.get("num_bits"), int):
            return int(held["num_bits"])
    method = str(settings.get("quant_method") or "")
    return 8 if "fp8" in method or "int8" in method else None


def _parameters(tensor: Tensor, settings: Mapping[str, Value]) -> int:
    if not settings:
        return tensor.elements
    if _BESIDE.search(tensor.name):
        return 0
    if _PACKED.search(tensor.name) or (settings.get("load_in_4bit") and tensor.dtype == "U8"):
        return tensor.elements * FILE_BITS.get(tensor.dtype, 8) // (_bits(settings) or _BITS)
    return tensor.elements


def _bytes(tensor: Tensor) -> int:
    return -(-tensor.elements * FILE_BITS.get(tensor.dtype, 8) // 8)


def _guesses(name: str, layers: Value) -> bool:
    """Return whether a tensor is of a layer behind the model's own, which only speculative decoding loads."""
    found = _LAYER.search(name)
    return name.startswith(_GUESSING) or bool(found and isinstance(layers, int) and int(found[1]) >= layers)


def _loaded(tensor: Tensor, dtype: str, online: float | None, *, is_quantized: bool) -> float:
    if tensor.dtype not in FLOATING or (is_quantized and _BESIDE.search(tensor.name)):
        return _bytes(tensor)
    if online is not None and len(tensor.shape) > 1 and not _KEPT.search(tensor.name):
        return tensor.elements * online
    return tensor.elements * BYTES[dtype]
