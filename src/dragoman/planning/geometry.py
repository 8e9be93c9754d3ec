"""What a model's cache is made of, and how large its parts are, as config.json tells."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.planning import kinds
from dragoman.planning.configuration import Configuration, UntoldError, counted
from dragoman.planning.layers import STATES, Attention, Latent, Layer, State
from dragoman.planning.states import OF_STATES
from dragoman.settings.values import Value

# What vLLM 0.32 serves with latent attention (ModelArchConfigConvertorBase.is_deepseek_mla), but for those whose cache
# has parts besides the latent one.
LATENT = frozenset(
    {
        *("deepseek_v2", "deepseek_v3", "kimi_k2", "glm4_moe_lite", "longcat_flash", "pangu_ultra_moe", "axk1"),
    }
)
# What vLLM 0.32 serves with attention to both sides, which keeps nothing.
_ENCODERS = frozenset(
    {
        *("bert", "roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "modernbert", "distilbert", "nomic_bert"),
        *("new", "gte", "jina_embeddings_v3", "mpnet", "electra", "siglip", "clip"),
    }
)
# What only layers have that plan knows nothing of.
_STRANGE = ("compress_ratios", "index_topk", "block_configs", "linear_attn_config", "cross_attention_layers", "ssm_cfg")
_KV_HEADS = ("n_head_kv", "num_kv_heads", "num_key_value_heads", "multi_query_group_num", "num_attention_groups")
# Where vLLM looks for the longest request a model was made for; the smallest counts.
_CONTEXTS = (
    *("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length"),
    *("max_target_positions", "max_sequence_length", "max_seq_length", "seq_len"),
)
_CONTEXT = 2048
# Position encodings whose number of positions is not multiplied by their factor.
_SCALED = frozenset({"default", "su", "longrope", "llama3", "yarn", "deepseek_yarn", "deepseek_llama_scaling"})
_LARGEST_FACTOR = 2**20
_LONGROPE = ("longrope", "su")
_ONLY_STATES = frozenset({"mamba", "falcon_mamba", "mamba2"})
# Each of their layers has attention beside a state.
_BOTH_AT_ONCE = frozenset({"falcon_h1"})
# vLLM's window has the token itself in it for these.
_WIDER = MappingProxyType({"cohere2": 1, "cohere2_moe": 1})


@dataclass(frozen=True, slots=True)
class Geometry:
    """What a model keeps.

    Args:
        layers: the layers that keep something; of one that keeps two things there are two.
        heads: heads of the query; 0 where there is no attention.
        chunked: whether some of its attention is to chunks, for which vLLM has no cache that is smaller.
    """

    layers: tuple[Layer, ...]
    heads: int
    chunked: bool = False

    @property
    def attention(self) -> tuple[Attention | Latent, ...]:
        """Those that keep something of each token."""
        return tuple(layer for layer in self.layers if not isinstance(layer, STATES))

    @property
    def states(self) -> tuple[State, ...]:
        """Those that keep something of each sequence."""
        return tuple(layer for layer in self.layers if isinstance(layer, STATES))

    @property
    def is_hybrid(self) -> bool:
        """Whether it keeps both."""
        return bool(self.states and self.attention)

    @property
    def kv_heads(self) -> int:
        """The largest number of KV heads of a layer; 0 where there are none."""
        return max((layer.kv_heads for layer in self.layers if isinstance(layer, Attention)), default=0)

    def counts(self) -> Mapping[Layer, int]:
        """How many layers there are of each, in the order in which they come first."""
        return Counter(self.layers)


def geometry(configuration: Configuration) -> Geometry:
    """Return what a model keeps.

    Raises:
        UntoldError: it is of a kind that is not known here.
        ValueError: config.json does not tell, or contradicts itself.
    """
    if is_encoder(configuration):
        return Geometry((), configuration.count("num_attention_heads"))
    if configuration.get("is_encoder_decoder") is True:
        raise UntoldError("it has an encoder and a decoder, whose caches are not known here")
    if strange := next((name for name in _STRANGE if configuration.get(name)), None):
        raise UntoldError(f"its attention is of a kind that is not known here ({strange} in config.json)")
    if configuration.model_type in OF_STATES:
        return _with_states(configuration, OF_STATES[configuration.model_type])
    return _of_attention(configuration)


def is_encoder(configuration: Configuration) -> bool:
    """Return whether all of a model's attention is to both sides, so that nothing has to be kept."""
    both = configuration.get("is_causal") is False or configuration.get("use_bidirectional_attention") is True
    return configuration.model_type in _ENCODERS or both


def context(configuration: Configuration) -> int:
    """Return the tokens of the longest request that the model was made for, as vLLM works it out.

    Raises:
        ValueError: what config.json has is no number of tokens.
    """
    original = configuration.anywhere("original_max_position_embeddings")
    if original is not None and any(kind in _LONGROPE for kind, _ in _ropes(configuration)):
        return counted(original, "original_max_position_embeddings")
    return positions(configuration) or _CONTEXT


def positions(configuration: Configuration) -> int | None:
    """Return how many tokens the model can tell the places of; None where config.json does not say.

    Raises:
        ValueError: what config.json has is no number of tokens.
    """
    found = [counted(value, name) for name in _CONTEXTS if (value := configuration.get(name)) is not None]
    preferred = configuration.get("model_max_length")
    length = counted(preferred, "model_max_length") if preferred else min(found, default=None)
    factors = [_factor(factor) for kind, factor in _ropes(configuration) if kind not in _SCALED and factor is not None]
    if length is None or not factors or "gemma3" in configuration.model_type:
        return length
    return int(length * factors[-1])


def _factor(factor: Value) -> float:
    if not isinstance(factor, int | float) or isinstance(factor, bool) or not 0 < factor < _LARGEST_FACTOR:
        raise ValueError(f"rope factor is {factor!r}, which no length can be multiplied by")
    return factor


def _ropes(configuration: Configuration) -> list[tuple[str, Value]]:
    """Return the kinds of position encoding with their factors; there may be one for each kind of layer."""
    held = configuration.anywhere("rope_parameters") or configuration.anywhere("rope_scaling")
    if not isinstance(held, dict):
        return []
    parts = [part for part in held.values() if isinstance(part, dict)] or [held]
    return [(str(part.get("rope_type") or part.get("type") or "default"), part.get("factor")) for part in parts]


def _of_attention(configuration: Configuration) -> Geometry:
    heads = configuration.count("num_attention_heads")
    count = kinds.layers(configuration)
    if configuration.model_type in LATENT and configuration.get("kv_lora_rank"):
        return Geometry((_latent(configuration),) * _sublayers(configuration, count), heads)
    if configuration.get("kv_lora_rank"):
        raise UntoldError(f"vLLM's cache for latent attention in {configuration.model_type!r} is not known here")
    listed = kinds.kinds(configuration) or [kinds.SLIDING if kinds.window(configuration) else kinds.FULL] * count
    kept = enumerate(listed[: count - _sharing(configuration, count)])
    layers = [_attention(configuration.of_layer(index), kind) for index, kind in kept]
    return Geometry(tuple(layers), heads, chunked=kinds.CHUNKED in listed)


def _sharing(configuration: Configuration, count: int) -> int:
    """Return how many of the layers, the last ones, keep nothing and use the cache of others."""
    shared = configuration.get("num_kv_shared_layers") or 0
    if not isinstance(shared, int) or not 0 <= shared < count:
        raise ValueError(f"num_kv_shared_layers is {shared!r} of {count} layers")
    return shared


def _sublayers(configuration: Configuration, count: int) -> int:
    """Return how many layers of attention there are: two in each of LongCat-Flash's."""
    return 2 * configuration.count("num_layers") if configuration.model_type == "longcat_flash" else count


def _attention(configuration: Configuration, kind: str) -> Attention:
    if kind not in (kinds.FULL, kinds.SLIDING, kinds.CHUNKED):
        raise UntoldError(f"layers that keep a state are not known here for {configuration.model_type!r}")
    heads, size = kv_heads(configuration), head_size(configuration)
    if kind == kinds.FULL and (wider := configuration.get("global_head_dim")):
        size = counted(wider, "global_head_dim")
        if configuration.get("attention_k_eq_v") and (fewer := configuration.get("num_global_key_value_heads")):
            heads = counted(fewer, "num_global_key_value_heads")
    window = kinds.window(configuration) if kind == kinds.SLIDING else None
    if window is not None:
        window += _WIDER.get(configuration.model_type, 0)
    return Attention(heads, size, size, window)


def kv_heads(configuration: Configuration) -> int:
    """Return how many heads keep keys and values."""
    heads = configuration.count("num_attention_heads")
    if configuration.get("multi_query") is True and not configuration.get("new_decoder_architecture"):
        return 1
    nested = configuration.get("attn_config")
    if isinstance(nested, dict) and nested.get("kv_n_heads") is not None:
        return counted(nested["kv_n_heads"], "kv_n_heads")
    found = next((value for name in _KV_HEADS if (value := configuration.get(name)) is not None), heads)
    kept = counted(found or heads, "num_key_value_heads")
    if heads % kept:
        raise ValueError(f"{heads} heads cannot share {kept} KV heads")
    return kept


def head_size(configuration: Configuration) -> int:
    """Return how many values a key has in each head."""
    for name in ("head_dim", "hidden_size_per_head"):
        if size := configuration.get(name):
            return counted(size, name)
    return counted(configuration.count("hidden_size") // configuration.count("num_attention_heads"), "head_dim")


def _latent(configuration: Configuration) -> Latent:
    return Latent(configuration.count("kv_lora_rank"), configuration.count("qk_rope_head_dim"))


def _with_states(configuration: Configuration, state: Callable[[Configuration], State]) -> Geometry:
    if configuration.model_type in _ONLY_STATES:
        return Geometry((state(configuration),) * kinds.layers(configuration), 0)
    heads = configuration.count("num_attention_heads")
    if configuration.model_type in _BOTH_AT_ONCE:
        pair: tuple[Layer, ...] = (_attention(configuration, kinds.FULL), state(configuration))
        return Geometry(pair * kinds.layers(configuration), heads)
    listed = kinds.kinds(configuration)
    if listed is None:
        raise UntoldError("config.json does not tell which layers have attention")
    made: dict[str, Layer] = {kind: _made(configuration, kind, state) for kind in set(listed) - {kinds.NOTHING}}
    return Geometry(tuple(made[kind] for kind in listed if kind in made), heads)


def _made(configuration: Configuration, kind: str, state: Callable[[Configuration], State]) -> Layer:
    return state(configuration) if kind == kinds.STATE else _attention(configuration, kind)
