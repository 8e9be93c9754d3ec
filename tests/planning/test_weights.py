from collections.abc import Mapping
from typing import Any

import pytest

from dragoman.planning.configuration import Configuration
from dragoman.planning.headers import Tensor
from dragoman.planning.weights import Share, Weights, weights

PROJECTION = "model.layers.0.mlp.up_proj"
EMBEDDING = Tensor("model.embed_tokens.weight", "BF16", (1000, 64))
LINEAR = Tensor(f"{PROJECTION}.weight", "BF16", (128, 64))
NORM = Tensor("model.norm.weight", "BF16", (64,))


def weigh(
    *tensors: Tensor,
    config: Mapping[str, Any] | None = None,
    dtype: str = "bfloat16",
    quantization: str | None = None,
    drafts: bool = False,
) -> Weights:
    return weights(tensors, Configuration(config or {}), dtype, quantization, drafts=drafts)


def test_weights_by_type() -> None:
    found = weigh(EMBEDDING, LINEAR, NORM, Tensor("scale", "F32", (4,)))
    assert found.parameters == 64_000 + 8_192 + 64 + 4
    assert found.shares == (Share("BF16", 72_256, 144_512), Share("F32", 4, 16))
    assert found.files == 144_528
    assert found.memory == 2 * (72_256 + 4)
    assert found.quantization is None


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("bfloat16", 2)])
def test_what_is_loaded_has_the_type_that_the_model_runs_in(dtype: str, size: int) -> None:
    assert weigh(LINEAR, dtype=dtype).memory == 8_192 * size


@pytest.mark.parametrize(
    ("settings", "tensors", "parameters", "memory", "words"),
    [
        (
            {"quant_method": "gptq", "bits": 4},
            [
                Tensor(f"{PROJECTION}.qweight", "I32", (8, 128)),
                Tensor(f"{PROJECTION}.qzeros", "I32", (1, 16)),
                Tensor(f"{PROJECTION}.scales", "F16", (1, 128)),
                Tensor(f"{PROJECTION}.g_idx", "I32", (64,)),
            ],
            8_192,
            4_096 + 64 + 256 + 256,
            "gptq, 4 bits",
        ),
        (
            {"quant_method": "awq", "w_bit": 4},
            [Tensor(f"{PROJECTION}.qweight", "I32", (64, 16)), Tensor(f"{PROJECTION}.scales", "F16", (1, 128))],
            8_192,
            4_096 + 256,
            "awq, 4 bits",
        ),
        (
            {"quant_method": "fp8"},
            [
                Tensor(f"{PROJECTION}.weight", "F8_E4M3", (128, 64)),
                Tensor(f"{PROJECTION}.weight_scale_inv", "F32", (1, 1)),
            ],
            8_192,
            8_192 + 4,
            "fp8, 8 bits",
        ),
        (
            {"quant_method": "bitsandbytes", "load_in_4bit": True},
            [
                Tensor(f"{PROJECTION}.weight", "U8", (4_096, 1)),
                Tensor(f"{PROJECTION}.weight.absmax", "U8", (128,)),
                Tensor(f"{PROJECTION}.weight.quant_map", "F32", (16,)),
                Tensor(f"{PROJECTION}.weight.quant_state.bitsandbytes__nf4", "U8", (90,)),
            ],
            8_192,
            4_096 + 128 + 64 + 90,
            "bitsandbytes, 4 bits",
        ),
        (
            {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 4}}}},
            [
                Tensor(f"{PROJECTION}.weight_packed", "I32", (128, 8)),
                Tensor(f"{PROJECTION}.weight_scale", "BF16", (128, 1)),
                Tensor(f"{PROJECTION}.weight_shape", "I64", (2,)),
            ],
            8_192,
            4_096 + 256 + 16,
            "compressed-tensors, 4 bits",
        ),
        (
            {"quant_method": "mxfp4"},
            [
                Tensor("model.layers.0.mlp.experts.down_proj_blocks", "U8", (2, 64, 2, 16)),
                Tensor("model.layers.0.mlp.experts.down_proj_scales", "U8", (2, 64, 2)),
            ],
            8_192,
            4_096 + 256,
            "mxfp4, 4 bits",
        ),
    ],
    ids=["gptq", "awq", "fp8", "bitsandbytes", "compressed-tensors", "mxfp4"],
)
def test_quantized_weights_are_as_their_files_say(
    settings: Mapping[str, Any], tensors: list[Tensor], parameters: int, memory: int, words: str
) -> None:
    found = weigh(*tensors, config={"quantization_config": settings})
    assert (found.parameters, found.memory, found.quantization) == (parameters, memory, words)


def test_a_model_may_be_quantized_as_it_is_loaded() -> None:
    found = weigh(EMBEDDING, LINEAR, NORM, quantization="fp8")
    assert found.memory == 2 * 64_000 + 8_192 + 2 * 64
    assert found.quantization == "fp8, as it is loaded"


def test_what_guesses_ahead_is_loaded_for_speculation_only() -> None:
    config = {"num_hidden_layers": 2}
    guesser = Tensor("model.layers.2.mlp.up_proj.weight", "BF16", (128, 64))
    assert weigh(LINEAR, guesser, config=config).memory == weigh(LINEAR).memory
    assert weigh(LINEAR, guesser, config=config, drafts=True).memory == 2 * 8_192 * 2
    assert weigh(LINEAR, guesser, config=config).parameters == 2 * 8_192
