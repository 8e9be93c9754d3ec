import json
from collections.abc import Mapping
from typing import Any

import pytest

from dragoman.errors import ConfigurationError
from dragoman.planning.configuration import Configuration
from dragoman.planning.devices import Device, of_kind
from dragoman.planning.engine import Engine, engine
from dragoman.planning.geometry import geometry
from dragoman.planning.headers import Tensor
from dragoman.planning.material import Material
from dragoman.platforms import resolve
from tests.planning.configs import BERT_BASE, DEEPSEEK_V3, JAMBA_MINI, LLAMA_3_8B

GIB = 2**30
CPU = Device("CPU", 64 * GIB, 60 * GIB, is_gpu=False)
H100, A100, T4 = (of_kind(name, 1) for name in ("H100", "A100", "T4"))


def made(
    *arguments: str,
    config: Mapping[str, Any] = LLAMA_3_8B,
    device: Device = H100,
    lengths: Mapping[str, Mapping[str, Any]] | None = None,
    dtype: str = "BF16",
    environment: Mapping[str, str] | None = None,
) -> Engine:
    resolution = resolve([*arguments, "--gpus", str(int(device.is_gpu))], {"HOME": "/nowhere"})
    assert not resolution.errors
    configuration = Configuration(config)
    material = Material("m", "here", config, (Tensor("w", dtype, (1,)),), 2, lengths=lengths or {})
    return engine(resolution, material, configuration, geometry(configuration), device, environment or {})


@pytest.mark.parametrize(
    ("config", "arguments", "device", "dtype"),
    [
        (LLAMA_3_8B, [], H100, "bfloat16"),
        (LLAMA_3_8B, ["--dtype", "half"], H100, "float16"),
        (LLAMA_3_8B, [], T4, "float16"),
        ({**LLAMA_3_8B, "torch_dtype": "float32"}, [], H100, "bfloat16"),
        ({**LLAMA_3_8B, "torch_dtype": "float32"}, ["--dtype", "float32"], H100, "float32"),
        ({**LLAMA_3_8B, "torch_dtype": None, "dtype": "float16"}, [], CPU, "float16"),
        ({**LLAMA_3_8B, "torch_dtype": None}, [], H100, "bfloat16"),
        (BERT_BASE, [], H100, "float16"),
    ],
    ids=["own", "set", "old GPU", "full", "full and set", "newer name", "files", "vectors"],
)
def test_the_type_that_a_model_runs_in(
    config: Mapping[str, Any], arguments: list[str], device: Device, dtype: str
) -> None:
    assert made(*arguments, config=config, device=device).terms.dtype == dtype


@pytest.mark.parametrize(
    ("arguments", "device", "batch"),
    [
        ([], H100, (1024, 8192)),
        ([], A100, (256, 2048)),
        ([], of_kind("B200", 1), (1024, 16384)),
        ([], CPU, (128, 2048)),
        (["--max-num-seqs", "4", "--max-model-len", "100"], H100, (4, 400)),
        (["--max-num-batched-tokens", "512"], H100, (512, 512)),
        (["--performance-mode", "throughput"], A100, (512, 4096)),
    ],
)
def test_what_runs_at_a_time(arguments: list[str], device: Device, batch: tuple[int, int]) -> None:
    found = made(*arguments, device=device)
    assert (found.sequences, found.batched) == batch


def test_two_steps_are_under_way_on_a_gpu() -> None:
    assert made().terms.in_flight == 2 * 8192
    assert made("--no-async-scheduling").terms.in_flight == 8192
    assert made(device=CPU).terms.in_flight == 2048


def test_the_length_that_was_set_and_that_vllm_chooses() -> None:
    assert (made("--max-model-len", "1k").length, made("--max-model-len", "1k").fits_length) == (1000, False)
    assert (made("--max-model-len", "auto").length, made("--max-model-len", "auto").fits_length) == (8192, True)


@pytest.mark.parametrize(
    ("config", "environment", "most"),
    [
        (LLAMA_3_8B, {}, 8192),
        (LLAMA_3_8B, {"VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1"}, None),
        (LLAMA_3_8B, {"VLLM_ALLOW_LONG_MAX_MODEL_LEN": "0"}, 8192),
        ({**LLAMA_3_8B, "model_type": "unheard-of", "max_position_embeddings": None}, {}, None),
        (BERT_BASE, {}, 512),
    ],
    ids=["the model's", "allowed", "not allowed", "unsaid", "vectors"],
)
def test_the_longest_request_that_vllm_takes(
    config: Mapping[str, Any], environment: Mapping[str, str], most: int | None
) -> None:
    assert made(config=config, environment=environment).most == most


@pytest.mark.parametrize("tokens", ["abc", 1.5, True])
def test_tokens_guessed_ahead_are_a_number(tokens: object) -> None:
    setting = json.dumps({"method": "ngram", "num_speculative_tokens": tokens})
    with pytest.raises(ConfigurationError, match="speculative_config: num_speculative_tokens is"):
        made("--speculative-config", setting)


def test_a_model_for_vectors_may_have_its_length_elsewhere() -> None:
    tokens, trained = {"model_max_length": 384}, {"max_seq_length": 256}
    assert made(config=BERT_BASE).length == 512
    assert made(config=BERT_BASE, lengths={"tokenizer_config.json": tokens}).length == 384
    assert made(config=BERT_BASE, lengths={"sentence_bert_config.json": trained}).length == 256


def test_a_cache_of_the_type_that_a_model_was_quantized_for() -> None:
    config = {**LLAMA_3_8B, "quantization_config": {"kv_cache_scheme": {"num_bits": 8, "type": "float"}}}
    assert made(config=config).terms.cache_dtype == "fp8"
    assert made("--kv-cache-dtype", "bfloat16", config=config).terms.cache_dtype == "bfloat16"


@pytest.mark.parametrize(
    ("config", "device", "block"),
    [
        (LLAMA_3_8B, H100, 16),
        (DEEPSEEK_V3, H100, 64),
        (DEEPSEEK_V3, A100, 16),
        (LLAMA_3_8B, CPU, 128),
        (DEEPSEEK_V3, CPU, 16),
        (DEEPSEEK_V3, Device("CPU", GIB, GIB, is_gpu=False, flags=frozenset({"amx_tile"})), 128),
    ],
)
def test_the_tokens_of_a_block(config: Mapping[str, Any], device: Device, block: int) -> None:
    assert made(config=config, device=device).terms.block == block


def test_states_have_the_models_type_and_on_some_cpus_a_larger_one() -> None:
    assert made(config=JAMBA_MINI).terms.state_bytes == (2, 2)
    assert made("--mamba-ssm-cache-dtype", "float32", config=JAMBA_MINI).terms.state_bytes == (2, 4)
    cpu = Device("CPU", GIB, GIB, is_gpu=False, flags=frozenset({"avx512_bf16"}))
    assert made(config=JAMBA_MINI, device=cpu).terms.state_bytes == (2, 4)


def test_a_degree_counts_as_set_where_somebody_has_set_it() -> None:
    assert made().degree is None
    assert made("-tp", "1").degree == 1
