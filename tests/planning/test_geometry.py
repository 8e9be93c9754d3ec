from collections.abc import Mapping
from typing import Any

import pytest

from dragoman.planning.configuration import Configuration, UntoldError
from dragoman.planning.geometry import Geometry, context, geometry, positions
from dragoman.planning.layers import Attention, DeltaNet, Latent, Layer, Mamba1, Mamba2, ShortConvolution
from tests.planning.configs import (
    BERT_BASE,
    DEEPSEEK_V3,
    GEMMA_3_4B,
    GPT_2,
    GPT_OSS_20B,
    JAMBA_MINI,
    LLAMA_3_8B,
)

GRANITE: dict[str, Any] = {
    "model_type": "granitemoehybrid",
    "hidden_size": 1536,
    "layer_types": ["mamba"] * 5 + ["attention"] + ["mamba"] * 4,
    "mamba_d_conv": 4,
    "mamba_d_head": 64,
    "mamba_d_state": 128,
    "mamba_expand": 2,
    "mamba_n_groups": 1,
    "mamba_n_heads": 48,
    "num_attention_heads": 12,
    "num_hidden_layers": 10,
    "num_key_value_heads": 4,
}
QWEN3_NEXT = {"model_type": "qwen3_next", "num_hidden_layers": 48}
FALCON_H1 = {
    "model_type": "falcon_h1",
    "head_dim": 64,
    "hidden_size": 1024,
    "mamba_d_conv": 4,
    "mamba_d_head": 64,
    "mamba_d_ssm": 1536,
    "mamba_d_state": 128,
    "mamba_n_groups": 1,
    "mamba_n_heads": 24,
    "num_attention_heads": 8,
    "num_hidden_layers": 36,
    "num_key_value_heads": 2,
}
NEMOTRON_H = {
    "model_type": "nemotron_h",
    "conv_kernel": 4,
    "head_dim": 128,
    "hybrid_override_pattern": "M-M*-E",
    "mamba_head_dim": 64,
    "mamba_num_heads": 128,
    "n_groups": 8,
    "num_attention_heads": 32,
    "num_hidden_layers": 6,
    "num_key_value_heads": 8,
    "ssm_state_size": 128,
}


def read(config: Mapping[str, Any]) -> Geometry:
    return geometry(Configuration(config))


@pytest.mark.parametrize(
    ("config", "counts"),
    [
        (LLAMA_3_8B, {Attention(8, 128, 128): 32}),
        (GPT_2, {Attention(12, 64, 64): 12}),
        ({**LLAMA_3_8B, "head_dim": 64}, {Attention(8, 64, 64): 32}),
        ({**LLAMA_3_8B, "num_key_value_heads": None}, {Attention(32, 128, 128): 32}),
        ({**GPT_2, "model_type": "gpt_bigcode", "multi_query": True}, {Attention(1, 64, 64): 12}),
        (GEMMA_3_4B, {Attention(4, 256, 256, 1024): 29, Attention(4, 256, 256): 5}),
        (GPT_OSS_20B, {Attention(8, 64, 64, 128): 12, Attention(8, 64, 64): 12}),
        ({**LLAMA_3_8B, "model_type": "mistral", "sliding_window": 4096}, {Attention(8, 128, 128, 4096): 32}),
        ({**LLAMA_3_8B, "model_type": "qwen2", "sliding_window": 4096}, {Attention(8, 128, 128): 32}),
        (DEEPSEEK_V3, {Latent(512, 64): 61}),
        (JAMBA_MINI, {Mamba1(8192, 16, 4): 28, Attention(8, 128, 128): 4}),
        (GRANITE, {Mamba2(3072, 1, 48, 64, 128, 4): 9, Attention(4, 128, 128): 1}),
        (FALCON_H1, {Attention(2, 64, 64): 36, Mamba2(1536, 1, 24, 64, 128, 4): 36}),
        (QWEN3_NEXT, {DeltaNet(16, 32, 128, 128, 4): 36, Attention(2, 256, 256): 12}),
        (NEMOTRON_H, {Mamba2(8192, 8, 128, 64, 128, 4): 2, Attention(8, 128, 128): 1}),
        ({"model_type": "mamba", "num_hidden_layers": 24, "intermediate_size": 1536}, {Mamba1(1536, 16, 4): 24}),
        (BERT_BASE, {}),
    ],
    ids=[
        *("llama", "gpt2", "a head's own size", "no grouped heads", "one KV head", "gemma3", "gpt-oss", "mistral"),
        *("qwen2 without windows", "deepseek", "jamba", "granite", "falcon-h1", "qwen3-next", "nemotron-h", "mamba"),
        "bert",
    ],
)
def test_what_a_model_keeps(config: Mapping[str, Any], counts: Mapping[Layer, int]) -> None:
    assert read(config).counts() == counts


def test_short_convolutions() -> None:
    lfm2 = {"model_type": "lfm2", "hidden_size": 1024, "conv_L_cache": 3, "full_attn_idxs": [2], "num_hidden_layers": 4}
    kept = read({**lfm2, "conv_dim": 1024, "num_attention_heads": 16, "num_key_value_heads": 8})
    assert kept.counts() == {ShortConvolution(1024, 3): 3, Attention(8, 64, 64): 1}


def test_layers_that_share_anothers_cache_keep_nothing() -> None:
    shared = {"layer_types": ["full_attention"] * 32, "num_kv_shared_layers": 12}
    assert len(read({**LLAMA_3_8B, **shared}).layers) == 20


def test_a_layer_may_differ_from_the_others() -> None:
    kept = read({**LLAMA_3_8B, "per_layer_config": {"05": {"head_dim": 256, "num_key_value_heads": 4}}})
    assert kept.counts() == {Attention(8, 128, 128): 31, Attention(4, 256, 256): 1}


def test_attention_to_chunks_is_kept_whole() -> None:
    kept = read({**LLAMA_3_8B, "layer_types": ["chunked_attention"] * 24 + ["full_attention"] * 8})
    assert kept.chunked
    assert kept.counts() == {Attention(8, 128, 128): 32}


def test_a_model_that_attends_to_both_sides_keeps_nothing() -> None:
    assert read({**GEMMA_3_4B["text_config"], "use_bidirectional_attention": True}).layers == ()
    assert read({**LLAMA_3_8B, "is_causal": False}).layers == ()


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({**DEEPSEEK_V3, "model_type": "deepseek_v32", "index_topk": 2048}, "index_topk"),
        ({**LLAMA_3_8B, "kv_lora_rank": 256}, "latent attention in 'llama'"),
        ({"model_type": "whisper", "is_encoder_decoder": True}, "an encoder and a decoder"),
        ({**LLAMA_3_8B, "layer_types": ["retention"] * 32}, "'retention'"),
        ({**LLAMA_3_8B, "layer_types": ["linear_attention"] * 32}, "a state"),
        ({**NEMOTRON_H, "hybrid_override_pattern": "M?"}, "'?'"),
    ],
    ids=["sparse", "another's latent", "two parts", "a new kind", "a new state", "a new letter"],
)
def test_what_is_not_known_is_said_so(config: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(UntoldError) as raised:
        read(config)
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("contradiction", "reason"),
    [
        ({"num_hidden_layers": 10**9}, "no model has more than 10,000 layers"),
        ({"layer_types": ["full_attention"] * 3}, "num_hidden_layers is 32, and the kinds of 3 layers are listed"),
        ({"num_kv_shared_layers": 32}, "num_kv_shared_layers is 32 of 32 layers"),
        ({"num_kv_shared_layers": -3}, "num_kv_shared_layers is -3 of 32 layers"),
        ({"num_kv_shared_layers": "x"}, "num_kv_shared_layers is 'x' of 32 layers"),
        ({"num_key_value_heads": 5}, "32 heads cannot share 5 KV heads"),
        ({"num_key_value_heads": 64}, "32 heads cannot share 64 KV heads"),
        ({"head_dim": 10**30}, "head_dim is 10"),
    ],
)
def test_what_contradicts_itself_is_not_counted(contradiction: Mapping[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read({**LLAMA_3_8B, **contradiction})


def test_layers_that_are_listed_behind_the_models_own_do_not_count() -> None:
    assert len(read({**LLAMA_3_8B, "layer_types": ["full_attention"] * 35}).layers) == 32
    assert len(read({**GRANITE, "layer_types": [*GRANITE["layer_types"], "attention"]}).layers) == 10


@pytest.mark.parametrize("factor", [float("inf"), float("nan"), 0, -1, 1e300, "2", True])
def test_a_length_is_not_multiplied_by_what_is_no_factor(factor: object) -> None:
    with pytest.raises(ValueError, match="rope factor is"):
        context(Configuration({**LLAMA_3_8B, "rope_scaling": {"type": "linear", "factor": factor}}))


def test_a_model_may_take_longer_requests_than_it_is_used_for() -> None:
    scaled = {"rope_scaling": {"type": "longrope"}, "original_max_position_embeddings": 4096}
    assert positions(Configuration({**LLAMA_3_8B, **scaled})) == 8192
    assert positions(Configuration({"model_type": "unheard-of"})) is None


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        (LLAMA_3_8B, 8192),
        (GPT_2, 1024),
        (GEMMA_3_4B, 131072),
        (DEEPSEEK_V3, 163840),
        ({**LLAMA_3_8B, "rope_scaling": {"type": "linear", "factor": 4.0}}, 32768),
        ({**LLAMA_3_8B, "rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, 8192),
        (
            {**LLAMA_3_8B, "rope_scaling": {"type": "longrope"}, "original_max_position_embeddings": 4096},
            4096,
        ),
        ({**LLAMA_3_8B, "model_max_length": 16384}, 16384),
        ({"model_type": "unheard-of"}, 2048),
    ],
    ids=["llama", "gpt2", "gemma3", "deepseek", "linear", "llama3", "longrope", "cohere", "unsaid"],
)
def test_the_longest_request(config: Mapping[str, Any], tokens: int) -> None:
    assert context(Configuration(config)) == tokens
