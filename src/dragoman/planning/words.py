"""The parts of a plan in words."""

from dragoman.planning.layers import Attention, DeltaNet, Latent, Layer, Mamba1, Mamba2, State
from dragoman.planning.terms import Terms

_THOUSANDS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_UNKNOWN = "not known"


def kind(layer: Layer) -> str:
    """Return what a layer is called: `full attention`, `sliding window`, `latent attention`, or its kind of state."""
    match layer:
        case Attention(window=None):
            return "full attention"
        case Attention():
            return "sliding window"
        case Latent():
            return "latent attention"
        case Mamba1():
            return "Mamba state"
        case Mamba2():
            return "Mamba-2 state"
        case DeltaNet():
            return "delta network state"
    return "convolution state"


def how(layer: Layer, heads: int, terms: Terms) -> str:
    """Return how a layer's bytes come about, on one of the GPUs that share it."""
    match layer:
        case Attention():
            return _of_heads(layer, heads, terms)
        case Latent():
            return f"one latent of {layer.rank} + {layer.rope} values for all heads"
    return "one state for a sequence, however long it is"


def _of_heads(layer: Attention, heads: int, terms: Terms) -> str:
    if layer.kv_heads == heads:
        shared = f"{heads} heads"
    elif layer.kv_heads == 1:
        shared = f"1 KV head for {heads}"
    else:
        shared = f"{layer.kv_heads} KV heads for {heads}"
    window = f" of the last {layer.window:,} tokens" if layer.window else ""
    split = f" ({layer.heads_at(terms.degree)} on each GPU)" if terms.degree > 1 else ""
    return f"{shared}{split}, {layer.key} + {layer.value} each{window}"


def attention(layer: Layer, heads: int) -> str | None:
    """Return what attention of this kind is called: MHA, GQA, MQA or MLA."""
    if isinstance(layer, Latent):
        return "MLA"
    if not isinstance(layer, Attention):
        return None
    return "MHA" if layer.kv_heads == heads else "MQA" if layer.kv_heads == 1 else "GQA"


def state_bytes(layer: State, terms: Terms) -> int:
    """Return the bytes of a state on one of the GPUs that share it."""
    return sum(count * size for count, size in zip(layer.sizes(terms.degree), terms.state_bytes, strict=True))


def number(count: int) -> str:
    """Return a large number in words: 1.2 billion."""
    for size, name in _THOUSANDS:
        if count >= size:
            return f"{count / size:,.1f} {name}"
    return f"{count:,}"


def size(count: float | None) -> str:
    """Return bytes with the unit that suits them; what is not known is said so."""
    if count is None:
        return _UNKNOWN
    for unit in _UNITS[:-1]:
        if abs(count) < _STEP:
            return f"{count:,.0f} {unit}" if unit == _UNITS[0] else f"{count:,.1f} {unit}"
        count /= _STEP
    return f"{count:,.1f} {_UNITS[-1]}"


def rate(count: int) -> str:
    """Return bytes a second."""
    return f"{count / 1e9:g} GB/s" if count >= 1e9 else f"{count / 1e6:g} MB/s"


def seconds(count: float | None) -> str:
    """Return a time; what is not known is said so."""
    return _UNKNOWN if count is None else f"{count:,.1f} s"
