"""How many bytes a token takes in one layer, by vLLM's kv_cache_dtype."""

from dragoman.planning.configuration import UntoldError
from dragoman.planning.dtypes import BYTES
from dragoman.planning.layers import Attention, Latent
from dragoman.planning.terms import Terms

_SCALE = 4
# FlashMLA's opaque vectors for sparse attention.
_PACKED_LATENTS = {"fp8_ds_mla": 656, "nvfp4_ds_mla": 352}


def bytes_of_token(layer: Attention | Latent, terms: Terms) -> int:
    """Return the bytes of one token in one layer, on one GPU.

    Raises:
        UntoldError: the cache has a type that is not known here.
    """
    if isinstance(layer, Latent):
        return _PACKED_LATENTS.get(terms.cache_dtype) or layer.size * _value(terms)
    return layer.heads_at(terms.degree) * _cell(layer, terms)


def _cell(layer: Attention, terms: Terms) -> int:
    both = layer.key + layer.value
    match terms.cache_dtype:
        case "int8_per_token_head" | "fp8_per_token_head":
            return both + 2 * _SCALE
        case "int4_per_token_head":
            return layer.key // 2 + layer.value // 2 + 2 * _SCALE
        case "nvfp4" | "nvfp4_4over6":
            # Two values a byte, and a scale for sixteen of them.
            return both // 2 + both // 16
    return both * _value(terms)


def _value(terms: Terms) -> int:
    if terms.cache_dtype == "auto":
        return BYTES[terms.dtype]
    if terms.cache_dtype in BYTES:
        return BYTES[terms.cache_dtype]
    if terms.cache_dtype.startswith("fp8"):
        return 1
    raise UntoldError(f"the size of kv_cache_dtype {terms.cache_dtype} is not known here")
