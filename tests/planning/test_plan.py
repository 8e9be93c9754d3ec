import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from dragoman import machine
from dragoman.errors import ConfigurationError
from dragoman.machine import Memory
from dragoman.planning.document import document
from dragoman.planning.headers import Tensor
from dragoman.settings.tuning import memory_node
from tests.planning.configs import BERT_BASE, DEEPSEEK_V3, GEMMA_3_4B, GPT_OSS_20B, JAMBA_MINI, LLAMA_3_8B
from tests.planning.models import billions, write_model, write_weights
from tests.planning.plans import planned

GIB = 2**30


@pytest.fixture(autouse=True)
def machine_with_64_gib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: Memory(64 * GIB, 60 * GIB, limited=False))
    monkeypatch.setattr(memory_node, "beside_first_core", lambda memory: memory)


def model(directory: Path, config: Mapping[str, Any] = LLAMA_3_8B, size: float = 8.03) -> str:
    return str(write_model(directory / "model", config, billions(size)))


def test_an_8b_model_fits_on_an_h100(tmp_path: Path) -> None:
    found = planned(model(tmp_path), "--gpu-kind", "H100")
    assert found.fit.fits is True
    assert found.fit.degree == 1
    assert found.fit.longest == 8192
    assert found.fit.capacity is not None
    assert 50 < found.fit.capacity.concurrency < 57
    assert found.remedies == ()


def test_the_numbers_are_those_of_vllm_where_the_cache_is_set(tmp_path: Path) -> None:
    found = planned(model(tmp_path), "--gpu-kind", "H100", "--kv-cache-memory-bytes", str(54 * GIB))
    assert found.fit.capacity is not None
    assert (found.fit.capacity.tokens, found.fit.capacity.blocks) == (442_368, 27_648)


def test_the_smallest_degree_that_fits_is_chosen(tmp_path: Path) -> None:
    found = planned(model(tmp_path, size=70), "--gpu-kind", "A100-80G", "--gpus", "8")
    assert found.fit.fits is True
    assert found.fit.degree == 2


def test_a_degree_that_was_set_stays(tmp_path: Path) -> None:
    found = planned(model(tmp_path, size=70), "--gpu-kind", "A100-80G", "--gpus", "8", "-tp", "8")
    assert found.fit.degree == 8


def test_a_degree_has_to_divide_the_heads(tmp_path: Path) -> None:
    odd = {**LLAMA_3_8B, "num_attention_heads": 15, "num_key_value_heads": 5, "head_dim": 64}
    name = model(tmp_path, odd, size=50)
    assert planned(name, "--gpu-kind", "A100-80G", "--gpus", "8").fit.degree == 5
    found = planned(name, "--gpu-kind", "A100-80G", "--gpus", "8", "-tp", "2")
    assert found.fit.problem == "its heads cannot be divided among 2 GPUs"
    assert found.remedies[0].settings == (("tensor_parallel_size", 5),)


def test_what_would_make_it_fit(tmp_path: Path) -> None:
    found = planned(model(tmp_path, size=70), "--gpu-kind", "A100-80G")
    assert found.fit.fits is False
    assert "GiB are needed" in str(found.fit.problem)
    assert [remedy.settings for remedy in found.remedies if remedy.settings] == [(("tensor_parallel_size", 2),)]
    assert any("B200" in remedy.words for remedy in found.remedies)


def test_a_request_that_is_too_long_can_be_shorter(tmp_path: Path) -> None:
    found = planned(model(tmp_path, {**LLAMA_3_8B, "max_position_embeddings": 131072}), "--gpu-kind", "L4")
    assert found.fit.fits is False
    (name, length), *_ = found.remedies[0].settings
    assert name == "max_model_len"
    again = planned(found.material.name, "--gpu-kind", "L4", "--max-model-len", str(length))
    assert again.fit.fits is True
    more = planned(found.material.name, "--gpu-kind", "L4", "--max-model-len", str(length + 16))
    assert more.fit.fits is False


def test_vllm_may_choose_the_length(tmp_path: Path) -> None:
    longer = {**LLAMA_3_8B, "max_position_embeddings": 131072}
    found = planned(model(tmp_path, longer), "--gpu-kind", "L4", "--max-model-len", "auto")
    assert found.fit.fits is True
    assert found.fit.length == found.fit.longest
    assert 0 < found.fit.length < 131072


def test_eight_bits_take_half(tmp_path: Path) -> None:
    name = model(tmp_path)
    whole, half = planned(name, "--gpu-kind", "H100"), planned(name, "--gpu-kind", "H100", "--kv-cache-dtype", "fp8")
    assert whole.fit.pool is not None
    assert half.fit.pool is not None
    assert whole.fit.pool.bytes_per_block == 2 * half.fit.pool.bytes_per_block


@pytest.mark.parametrize(
    ("config", "fits"),
    [(GEMMA_3_4B, True), (GPT_OSS_20B, True), (JAMBA_MINI, True), (DEEPSEEK_V3, True)],
    ids=["gemma3", "gpt-oss", "jamba", "deepseek"],
)
def test_models_of_other_kinds(tmp_path: Path, config: Mapping[str, Any], fits: bool) -> None:
    found = planned(model(tmp_path, config, size=4), "--gpu-kind", "H100")
    assert found.fit.fits is fits
    assert document(found)["cache"]["bytes_per_token"] > 0


def test_a_model_for_vectors_keeps_nothing(tmp_path: Path) -> None:
    found = planned(model(tmp_path, BERT_BASE, size=0.1), "--gpu-kind", "T4")
    assert found.fit.fits is True
    assert found.fit.capacity is None
    assert document(found)["weights"]["dtype"] == "float16"


def test_a_kind_that_is_not_known_is_said_so(tmp_path: Path) -> None:
    found = planned(model(tmp_path, {**DEEPSEEK_V3, "index_topk": 2048}, size=4), "--gpu-kind", "H100")
    assert found.fit.fits is None
    assert document(found)["cache"]["unknown"] is not None
    assert document(found)["fit"]["blocks"] is None


def test_weights_alone_tell_that_it_does_not_fit(tmp_path: Path) -> None:
    found = planned(model(tmp_path, {**DEEPSEEK_V3, "index_topk": 2048}, size=600), "--gpu-kind", "H100")
    assert found.fit.fits is False


def test_a_header_alone_tells_of_weights(tmp_path: Path) -> None:
    file = write_weights(tmp_path / "alone.safetensors", billions(1))
    found = planned(str(file), "--gpu-kind", "L4")
    assert found.weights.parameters == 1_000_000_000
    assert found.fit.fits is None
    assert "no config.json" in found.notes[0]


def test_the_machine_itself(tmp_path: Path) -> None:
    found = planned(model(tmp_path), "--gpus", "0")
    assert found.fit.fits is True
    assert found.device.name == "CPU"
    assert found.fit.capacity is not None
    assert found.fit.capacity.concurrency == pytest.approx(40, abs=1)


def test_a_machine_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: Memory(16 * GIB, 12 * GIB, limited=False))
    found = planned(model(tmp_path), "--gpus", "0")
    assert found.fit.fits is False


def test_several_workers_on_a_cpu_are_not_known(tmp_path: Path) -> None:
    found = planned(model(tmp_path), "--gpus", "0", "-tp", "2")
    assert found.fit.fits is None
    assert found.unknown == "what several workers on one machine take is not known here"


def test_a_container_that_leaves_too_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: Memory(32 * GIB, 24 * GIB, limited=True))
    found = planned(model(tmp_path), "--gpus", "0", "--kv-cache-memory-bytes", "1g")
    assert found.fit.fits is False
    assert "GiB are needed" in str(found.fit.problem)


def test_others_may_use_the_memory_that_vllm_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: Memory(64 * GIB, 40 * GIB, limited=False))
    found = planned(model(tmp_path), "--gpus", "0", "--gpu-memory-utilization", "0.9")
    assert found.fit.problem == "vLLM takes 57.60 GiB of each device, of which 40.00 GiB are free"


def test_every_platform_is_told_in_its_own_words(tmp_path: Path) -> None:
    found = planned(model(tmp_path, size=70), "--gpu-kind", "A100-80G", "--gpus", "2")
    told = {each.target: "".join(file.text for file in each.files) for each in found.suggestions}
    assert "--tensor-parallel-size 2" in told["cli"]
    assert "TENSOR_PARALLEL_SIZE=2" in told["runpod"]
    assert "option.tensor_parallel_degree=2" in told["lmi"]
    assert '"--tensor-parallel-size", "2"' in told["datarobot"]


def test_a_platforms_own_settings_count(tmp_path: Path) -> None:
    name = model(tmp_path)
    environment = {"RUNPOD_ENDPOINT_ID": "endpoint", "MODEL_NAME": name, "MAX_MODEL_LEN": "4096"}
    found = planned("--gpu-kind", "L40S", environment=environment)
    assert found.resolution.platform == "runpod"
    assert (found.fit.length, found.engine.utilization) == (4096, 0.95)


def test_what_is_not_counted_is_said(tmp_path: Path) -> None:
    found = planned(model(tmp_path), "--gpu-kind", "H100", "--enable-lora")
    assert "adapters" in found.notes[-1]


def test_a_type_that_nobody_has_heard_of_is_taken_for_the_usual(tmp_path: Path) -> None:
    found = planned(model(tmp_path, {**LLAMA_3_8B, "model_type": "unheard-of"}), "--gpu-kind", "H100")
    assert found.fit.fits is True
    assert "'unheard-of'" in found.notes[-1]


def test_a_directory_whose_weights_are_not_safetensors(tmp_path: Path) -> None:
    directory = write_model(tmp_path, LLAMA_3_8B)
    (directory / "pytorch_model.bin").write_bytes(bytes(1000))
    found = planned(str(directory), "--gpu-kind", "H100")
    assert found.weights.parameters is None
    assert found.weights.memory == 1000
    assert "pytorch" in found.notes[0] or ".bin" in found.notes[0]


@pytest.mark.parametrize("url", ["https://user:SECRETpw@h/x", "s3://user:SECRETpw@h/x"])
def test_a_login_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        planned(url, "--gpu-kind", "H100")
    assert "://***@h/x" in str(raised.value)
    assert "SECRETpw" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "problem", "remedy"),
    [
        (
            ["--max-model-len", "100000"],
            "max_model_len is 100,000, and the model is made for 8,192 tokens",
            {"max_model_len": 8192},
        ),
        (["--block-size", "17"], "block_size is 17, which is no multiple of 16", {"block_size": 16}),
        (["--block-size", "40"], "block_size is 40, which is no multiple of 16", {"block_size": 32}),
        (["-pp", "64", "--gpus", "64"], "its 32 layers cannot be divided among 64 pipeline stages", None),
        (
            ["--num-gpu-blocks-override", "0"],
            "the cache that is set holds no request",
            {"num_gpu_blocks_override": ANY},
        ),
        (["--num-gpu-blocks-override", "9999999"], "GiB are needed", {"num_gpu_blocks_override": ANY}),
        (["--max-num-seqs", "1000000"], "GiB are needed", {"max_num_seqs": 1024}),
        (["--max-num-batched-tokens", "1000000"], "GiB are needed", {"max_num_batched_tokens": 8192}),
        (
            ["--max-num-seqs", "1000000", "--max-num-batched-tokens", "1000000"],
            "GiB are needed",
            {"max_num_seqs": 1024, "max_num_batched_tokens": 8192},
        ),
    ],
)
def test_settings_that_vllm_refuses(
    tmp_path: Path, arguments: list[str], problem: str, remedy: Mapping[str, Any] | None
) -> None:
    found = planned(model(tmp_path), "--gpu-kind", "H100", *arguments)
    assert found.fit.fits is False
    assert problem in str(found.fit.problem)
    first = next((dict(each.settings) for each in found.remedies if each.settings), None)
    assert first == remedy
    if first:
        flags = [text for name, value in first.items() for text in (f"--{name.replace('_', '-')}", str(value))]
        assert planned(found.material.name, "--gpu-kind", "H100", *arguments, *flags).fit.fits is True


def test_longer_requests_may_be_allowed(tmp_path: Path) -> None:
    arguments = (model(tmp_path), "--gpu-kind", "H100", "--max-model-len", "100000")
    assert planned(*arguments, environment={"VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1"}).fit.fits is True


@pytest.mark.parametrize("kind", ["T4", "V100"])
def test_older_gpus_have_no_bfloat16(tmp_path: Path, kind: str) -> None:
    found = planned(model(tmp_path, size=1), "--gpu-kind", kind, "--dtype", "bfloat16")
    assert "bfloat16 takes a GPU with compute capability 8.0" in str(found.fit.problem)
    assert found.remedies[0].settings == (("dtype", "float16"),)
    assert planned(found.material.name, "--gpu-kind", kind, "--dtype", "float16").fit.fits is True


def test_a_number_of_blocks_is_a_cache_of_that_size(tmp_path: Path) -> None:
    found = planned(model(tmp_path), "--gpu-kind", "H100", "--num-gpu-blocks-override", "2000")
    assert found.fit.fits is True
    assert found.fit.capacity is not None
    assert found.fit.capacity.tokens == 32_000
    assert document(found)["fit"]["kv_cache_is_set"] is True


def test_overrides_go_into_the_parts_of_a_model(tmp_path: Path) -> None:
    overrides = {"text_config": {"rope_scaling": {"factor": 4.0}}, "vision_config": {"hidden_size": 1}}
    found = planned(model(tmp_path, GEMMA_3_4B, 4), "--gpu-kind", "H100", "--hf-overrides", json.dumps(overrides))
    text = found.configuration.whole["text_config"]
    assert text == {**GEMMA_3_4B["text_config"], "rope_scaling": {"factor": 4.0, "rope_type": "linear"}}


def test_overrides_replace_everything_else(tmp_path: Path) -> None:
    config = {**LLAMA_3_8B, "rope_parameters": {"rope_type": "linear", "factor": 2.0}}
    overrides = json.dumps({"rope_parameters": {"rope_type": "yarn"}})
    found = planned(model(tmp_path, config), "--gpu-kind", "H100", "--hf-overrides", overrides)
    assert found.configuration.whole["rope_parameters"] == {"rope_type": "yarn"}


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ({"weight_map": {"a": "model.safetensors", "b": "other.safetensors"}}, "names other.safetensors as well"),
        ({"weight_map": {}}, "names no files with weights"),
        ([], "names no files with weights"),
    ],
    ids=["a file is missing", "an empty index", "no index"],
)
def test_a_download_that_is_not_complete(tmp_path: Path, index: object, said: str) -> None:
    directory = write_model(tmp_path, LLAMA_3_8B, billions(1))
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ConfigurationError, match=said) as raised:
        planned(str(directory), "--gpu-kind", "H100")
    assert "dragoman bake" in str(raised.value)


def test_a_configuration_that_says_nothing(tmp_path: Path) -> None:
    found = planned(str(write_model(tmp_path, {}, billions(1))), "--gpu-kind", "H100")
    assert found.unknown == "config.json has no num_attention_heads"


def test_a_type_that_is_not_said(tmp_path: Path) -> None:
    untyped = {name: value for name, value in LLAMA_3_8B.items() if name != "model_type"}
    assert "does not say of which type" in planned(model(tmp_path, untyped), "--gpu-kind", "H100").notes[-1]


def test_a_cache_that_is_set_is_known_without_weights(tmp_path: Path) -> None:
    name = str(write_model(tmp_path, LLAMA_3_8B))
    found = planned(name, "--gpu-kind", "H100", "--kv-cache-memory-bytes", str(4 * GIB))
    assert (found.fit.fits, found.fit.longest) == (None, 8192)
    assert planned(name, "--gpu-kind", "H100", "--kv-cache-memory-bytes", str(90 * GIB)).fit.fits is False


def test_without_weights_nobody_knows_whether_they_fit(tmp_path: Path) -> None:
    found = planned(str(write_model(tmp_path, LLAMA_3_8B)), "--gpu-kind", "H100")
    assert found.fit.fits is None
    told = document(found)
    assert {told["parameters"], told["weights"]["files"], told["weights"]["memory"]} == {None}
    assert {told["fit"][name] for name in ("kv_cache_memory_bytes", "longest_context", "max_concurrency")} == {None}
    assert {each["name"]: each["seconds"] for each in told["boot"]["phases"]}["loading the weights"] is None
    assert found.notes == ("there are no weights: only what config.json tells is known",)


def test_what_was_set_is_told_to_every_platform(tmp_path: Path) -> None:
    found = planned(model(tmp_path), "--gpu-kind", "H100", "--kv-cache-dtype", "fp8", "--max-num-seqs", "64")
    told = {each.target: "".join(file.text for file in each.files) for each in found.suggestions}
    assert "--kv-cache-dtype fp8" in told["cli"]
    assert "MAX_NUM_SEQS=64" in told["runpod"]
    assert "option.kv_cache_dtype=fp8" in told["lmi"]


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    directory = write_model(tmp_path, LLAMA_3_8B)
    (directory / "model.safetensors").write_bytes(b"\x10")
    with pytest.raises(ConfigurationError, match="cut short"):
        planned(str(directory), "--gpu-kind", "H100")


def test_only_the_files_that_vllm_reads_count(tmp_path: Path) -> None:
    directory = write_model(tmp_path, LLAMA_3_8B, billions(1))
    write_weights(directory / "consolidated.safetensors", [Tensor("w", "BF16", (10,))])
    assert planned(str(directory), "--gpu-kind", "H100").weights.parameters == 10
