"""What vLLM makes of tiny models' caches: run it with a directory, and it prints one JSON object a model.

All models are sized in one process, one after the other, as its engine does it at a start. Their weights are random.
"""

import gc
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

os.environ.update({"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_LOGGING_LEVEL": "ERROR", "OMP_NUM_THREADS": "1"})

SMALL = {
    "vocab_size": 256,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "max_position_embeddings": 2048,
    "torch_dtype": "bfloat16",
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 2,
}
MEMORY = 64 * 2**20
LEFT_OUT = object()
# The class of the configuration, that of the model, what is special about it, and settings of the engine.
MODELS: Mapping[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "llama": ("LlamaConfig", "LlamaForCausalLM", {}, {}),
    "llama, fp8": ("LlamaConfig", "LlamaForCausalLM", {}, {"kv_cache_dtype": "fp8"}),
    "llama, float32": ("LlamaConfig", "LlamaForCausalLM", {}, {"dtype": "float32"}),
    "llama, shorter": ("LlamaConfig", "LlamaForCausalLM", {}, {"max_model_len": 1000, "block_size": 32}),
    "llama, as long as fits": (
        "LlamaConfig",
        "LlamaForCausalLM",
        {},
        {"max_model_len": -1, "kv_cache_memory_bytes": 2**20},
    ),
    "opt": (
        "OPTConfig",
        "OPTForCausalLM",
        {
            "ffn_dim": 96,
            "word_embed_proj_dim": 128,
            "hidden_size": 128,
            "head_dim": LEFT_OUT,
            "num_key_value_heads": LEFT_OUT,
        },
        {},
    ),
    "gpt2": (
        "GPT2Config",
        "GPT2LMHeadModel",
        {"hidden_size": 128, "head_dim": LEFT_OUT, "num_key_value_heads": LEFT_OUT},
        {},
    ),
    "qwen3": ("Qwen3Config", "Qwen3ForCausalLM", {"num_key_value_heads": 1}, {}),
    "gemma2": ("Gemma2Config", "Gemma2ForCausalLM", {"sliding_window": 512}, {}),
    "gemma3": ("Gemma3TextConfig", "Gemma3ForCausalLM", {"sliding_window": 256, "num_hidden_layers": 13}, {}),
    "gemma3, one kind": (
        "Gemma3TextConfig",
        "Gemma3ForCausalLM",
        {"sliding_window": 256, "num_hidden_layers": 13},
        {"disable_hybrid_kv_cache_manager": True},
    ),
    "mistral": ("MistralConfig", "MistralForCausalLM", {"sliding_window": 512}, {}),
    "mistral, all": ("MistralConfig", "MistralForCausalLM", {"sliding_window": None}, {}),
    "mixtral": ("MixtralConfig", "MixtralForCausalLM", {"num_local_experts": 4}, {}),
    "gpt-oss": ("GptOssConfig", "GptOssForCausalLM", {"sliding_window": 128, "num_local_experts": 4}, {}),
    "deepseek-v3": (
        "DeepseekV3Config",
        "DeepseekV3ForCausalLM",
        {
            "kv_lora_rank": 64,
            "q_lora_rank": 32,
            "qk_rope_head_dim": 16,
            "qk_nope_head_dim": 32,
            "v_head_dim": 32,
            "n_routed_experts": 4,
            "num_experts_per_tok": 2,
            "n_group": 1,
            "topk_group": 1,
            "moe_intermediate_size": 32,
            "first_k_dense_replace": 4,
            "num_key_value_heads": 4,
            "head_dim": LEFT_OUT,
        },
        {},
    ),
    "jamba": (
        "JambaConfig",
        "JambaForCausalLM",
        {
            "num_hidden_layers": 8,
            "num_experts": 2,
            "use_mamba_kernels": False,
            "head_dim": LEFT_OUT,
            "hidden_size": 128,
        },
        {},
    ),
    "granite hybrid": (
        "GraniteMoeHybridConfig",
        "GraniteMoeHybridForCausalLM",
        {
            "num_hidden_layers": 5,
            "layer_types": ["mamba", "mamba", "attention", "mamba", "mamba"],
            "mamba_n_heads": 4,
            "mamba_d_head": 32,
            "mamba_d_state": 16,
            "shared_intermediate_size": 64,
            "num_local_experts": 0,
            "head_dim": LEFT_OUT,
            "hidden_size": 64 * 2,
            "mamba_expand": 1,
        },
        {},
    ),
    "qwen3-next": (
        "Qwen3NextConfig",
        "Qwen3NextForCausalLM",
        {
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "linear_key_head_dim": 16,
            "linear_value_head_dim": 16,
            "num_experts": 4,
            "moe_intermediate_size": 32,
            "shared_expert_intermediate_size": 32,
        },
        {},
    ),
    "cohere2": ("Cohere2Config", "Cohere2ForCausalLM", {"sliding_window": 256}, {}),
    "gemma4": (
        "Gemma4TextConfig",
        "Gemma4ForCausalLM",
        {
            "sliding_window": 256,
            "num_hidden_layers": 12,
            "global_head_dim": 64,
            "num_kv_shared_layers": 2,
            "hidden_size_per_layer_input": 0,
            "vocab_size_per_layer_input": 256,
        },
        {},
    ),
    "mamba": ("MambaConfig", "MambaForCausalLM", {"state_size": 8, "num_hidden_layers": 3}, {}),
    "mamba2": (
        "Mamba2Config",
        "Mamba2ForCausalLM",
        {"state_size": 16, "num_heads": 8, "head_dim": 16, "n_groups": 1, "num_hidden_layers": 3},
        {},
    ),
    "bert": ("BertConfig", "BertModel", {"head_dim": LEFT_OUT, "hidden_size": 128}, {}),
}


def write(directory: Path, name: str) -> int:
    """Write a model of random weights, and return how many there are."""
    import torch
    import transformers

    config_class, model_class, special, _ = MODELS[name]
    options = {key: value for key, value in {**SMALL, **special}.items() if value is not LEFT_OUT}
    config = getattr(transformers, config_class)(**options)
    config.architectures = [model_class]
    torch.manual_seed(0)
    with torch.device("cpu"):
        model = getattr(transformers, model_class)(config).to(torch.bfloat16)
    model.save_pretrained(directory)
    # Weights that are tied are saved once, and buffers are saved with them.
    return sum({tensor.data_ptr(): tensor.numel() for tensor in model.state_dict().values()}.values())


def size(directory: Path, name: str) -> dict[str, Any]:
    """Return what vLLM's engine makes of a model's cache."""
    from vllm.engine.arg_utils import EngineArgs
    from vllm.usage.usage_lib import UsageContext
    from vllm.v1.engine.core import EngineCore
    from vllm.v1.executor.abstract import Executor

    arguments = EngineArgs(
        model=str(directory),
        skip_tokenizer_init=True,
        enforce_eager=True,
        **{"kv_cache_memory_bytes": MEMORY, **MODELS[name][3]},
    )
    config = arguments.create_engine_config(UsageContext.OPENAI_API_SERVER)
    config.parallel_config.distributed_executor_backend = "uni"
    core = EngineCore(config, Executor.get_class(config), log_stats=False)
    cache = config.cache_config
    found = {
        "tokens": cache.kv_cache_size_tokens,
        "concurrency": cache.kv_cache_max_concurrency,
        "blocks": cache.num_gpu_blocks,
        "block_size": cache.block_size,
        "length": config.model_config.max_model_len,
        "dtype": str(config.model_config.dtype),
        "sequences": config.scheduler_config.max_num_seqs,
        "batched": config.scheduler_config.max_num_batched_tokens,
    }
    core.shutdown()
    return found


def sized(directory: Path, names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield each model's name with what vLLM makes of it."""
    from dragoman.engine.companions import hide_misfits

    hide_misfits()
    from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

    for name in names:
        place = directory / name.replace(" ", "-").replace(",", "")
        parameters = write(place, name)
        yield {"name": name, "directory": str(place), "parameters": parameters, **size(place, name)}
        cleanup_dist_env_and_memory()
        gc.collect()


if __name__ == "__main__":
    for line in sized(Path(sys.argv[1]), sys.argv[2:] or MODELS):
        print(json.dumps(line), flush=True)
