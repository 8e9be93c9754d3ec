"""Write src/dragoman/planning/model_types.json from the configuration classes of the installed transformers and vLLM.

A model's config.json may leave out what its class has a default for, and may call it by a name of its own. Run it after
every change of vLLM's or transformers' version. `--check` writes nothing, and exits 1 where the file is stale.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

FILE = Path(__file__).parent.parent / "src" / "dragoman" / "planning" / "model_types.json"
# What a plan asks of a configuration.
KEYS = (
    *("num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "hidden_size", "vocab_size"),
    *("intermediate_size", "moe_intermediate_size", "num_experts_per_tok", "max_position_embeddings"),
    *("sliding_window", "use_sliding_window", "max_window_layers", "layer_types", "layers_block_type"),
    *("kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "index_topk"),
    *("is_encoder_decoder", "attention_chunk_size", "num_kv_shared_layers", "multi_query", "new_decoder_architecture"),
    *("attn_layer_period", "attn_layer_offset", "mamba_d_state", "mamba_d_conv", "mamba_expand", "mamba_n_groups"),
    *("mamba_n_heads", "mamba_d_head", "mamba_d_ssm", "mamba_num_heads", "mamba_head_dim", "ssm_state_size"),
    *("expand", "state_size", "conv_kernel", "n_groups", "num_heads", "conv_L_cache", "conv_dim", "num_kv_heads"),
    *("linear_conv_kernel_dim", "linear_key_head_dim", "linear_value_head_dim", "linear_num_key_heads"),
    *("linear_num_value_heads", "mamba_ssm_dtype", "global_head_dim", "num_global_key_value_heads", "attention_k_eq_v"),
)
KINDS = ("layer_types", "layers_block_type")
# Without these keys the opposite would be the case.
MEANT_AS_FALSE = ("use_sliding_window",)

# Configuration classes, what is made of them, and their values are of every type.
Anything: TypeAlias = Any


def main() -> int:
    """Write or check the file; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the committed file is stale")
    wanted = parser.parse_args()
    text = render(described())
    if not wanted.check:
        FILE.write_text(text)
        return 0
    stale = FILE.read_text() != text
    print(f"{FILE.name} is {'stale' if stale else 'up to date'}")
    return int(stale)


def render(described: dict[str, Any]) -> str:
    """Return the file's text, one type a line."""
    types = ",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in sorted(described["types"].items()))
    head = json.dumps({key: value for key, value in described.items() if key != "types"})[1:-1]
    return f'{{\n{head},\n"types": {{\n{types}\n}}\n}}\n'


def described() -> dict[str, Any]:
    """Return what every type of model leaves out of its config.json."""
    logging.disable(logging.WARNING)
    found = {name: each for name, cls in classes() if (each := description(cls))}
    return {"transformers": version("transformers"), "types": found}


def classes() -> Iterator[tuple[str, Anything]]:
    """Yield the types of models with their configuration classes; vLLM's own come last, for they stand above."""
    from transformers import CONFIG_MAPPING
    from vllm.transformers_utils.config import _CONFIG_REGISTRY

    for mapping in (CONFIG_MAPPING, _CONFIG_REGISTRY):
        for name in mapping:
            try:
                yield name, mapping[name]
            except (ImportError, AttributeError, KeyError):
                continue


def description(cls: Anything) -> dict[str, Any]:
    """Return the defaults, the other names and the sub-configuration of one class; empty where it has none."""
    made = instance(cls)
    defaults = {key: value for key in KEYS if key not in KINDS and is_told(key, value := default(cls, made, key))}
    names = {key: name for key, name in getattr(cls, "attribute_map", {}).items() if key in KEYS and name != key}
    subs = getattr(cls, "sub_configs", None) or {}
    texts = {key: sub.model_type for key, sub in subs.items() if getattr(sub, "model_type", "")}
    pattern = period(getattr(made, "layer_types", None) if made is not None else None)
    parts = {"defaults": defaults, "names": names, "texts": texts, "pattern": pattern}
    return {key: value for key, value in parts.items() if value}


def instance(cls: Anything) -> Anything:
    """Return a configuration with nothing but defaults; None where there can be none."""
    try:
        return cls()
    except Exception:
        return None


def default(cls: Anything, made: Anything, key: str) -> Anything:
    """Return what a configuration has that leaves a key out; None where that is worked out from other keys."""
    declared = getattr(cls, "__dataclass_fields__", {}).get(getattr(cls, "attribute_map", {}).get(key, key))
    if declared is not None:
        return declared.default
    # vLLM's own classes declare nothing.
    return vars(made).get(key) if made is not None and cls.__module__.startswith("vllm.") else None


def is_told(key: str, value: Anything) -> bool:
    """Return whether a default says more than a key that is not there."""
    return isinstance(value, bool | int | str) and (value is not False or key in MEANT_AS_FALSE)


def period(kinds: Anything) -> list[str]:
    """Return the shortest repetition that a list of layers' types is made of; empty where all are the same."""
    if not isinstance(kinds, list) or len(set(kinds)) < 2:
        return []
    lengths = (n for n in range(2, len(kinds) // 2 + 1) if all(kind == kinds[i % n] for i, kind in enumerate(kinds)))
    length = next(lengths, None)
    return kinds[:length] if length else []


if __name__ == "__main__":
    sys.exit(main())
