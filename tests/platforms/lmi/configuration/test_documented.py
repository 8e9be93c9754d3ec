"""Files and variables as LMI's documents and tests have them, and the engine that comes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dragoman.models import MINI
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value
from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.platforms.lmi.configuration.rows import EAGLE
from tests.settings.resolutions import find

TEMPLATE = """\
engine=Python
option.tensor_parallel_degree=max
option.model_id=org/m
option.max_rolling_batch_size=64
option.rolling_batch=vllm
"""
VARIABLES = {
    "SERVING_LOAD_MODELS": "test::Python=/opt/ml/model",
    "OPTION_TENSOR_PARALLEL_DEGREE": "max",
    "OPTION_MAX_ROLLING_BATCH_SIZE": "64",
    "OPTION_ROLLING_BATCH": "vllm",
}
ADVANCED = """\
option.model_id=org/m
option.max_rolling_batch_prefill_tokens=12500
option.max_model_len=12800
option.tensor_parallel_degree=2
option.dtype=fp16
option.quantize=awq
option.enforce_eager=True
option.gpu_memory_utilization=0.85
option.load_format=pt
"""


@dataclass(frozen=True)
class Case:
    """A serving.properties, variables, and settings that come of them; `holds` is part of the one error, if any."""

    file: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Value] = field(default_factory=dict)
    warnings: int = 0
    error: str | None = None
    gpus: int = 4


CASES = {
    "the template": Case(
        TEMPLATE,
        settings={
            "model": "org/m",
            "rolling_batch": "vllm",
            "tensor_parallel_size": 4,
            "max_num_seqs": 64,
            "dtype": "auto",
            "load_format": "auto",
            "max_num_batched_tokens": None,
            "quantization": None,
            "gpu_memory_utilization": 0.9,
        },
    ),
    "the template of variables": Case(
        environment=VARIABLES,
        settings={"model_name": "test", "rolling_batch": "vllm", "tensor_parallel_size": 4, "max_num_seqs": 64},
    ),
    "vLLM's names": Case(
        "option.quantization=awq\noption.max_num_batched_tokens=546\noption.cpu_offload_gb=7\n",
        settings={"quantization": "awq", "max_num_batched_tokens": 546, "cpu_offload_gb": 7},
    ),
    "a quantization that is gone": Case("option.quantize=gguf\n", error="vLLM has dropped it"),
    "the advanced options": Case(
        ADVANCED,
        settings={
            "max_num_batched_tokens": 12500,
            "max_model_len": 12800,
            "tensor_parallel_size": 2,
            "dtype": "float16",
            "quantization": "awq",
            "enforce_eager": True,
            "gpu_memory_utilization": 0.85,
            "load_format": "pt",
        },
        gpus=2,
    ),
    "options that came with 0.27": Case(
        "option.enforce_eager=true\noption.gpu_memory_utilization=0.5\n",
        settings={"enforce_eager": True, "gpu_memory_utilization": 0.5},
    ),
    "two degrees": Case(
        "option.tensor_parallel_degree=4\noption.pipeline_parallel_degree=2\n",
        error="pipeline_parallel_degree 2 ({file} line 2 (option.pipeline_parallel_degree)): LMI allows only 1",
        gpus=8,
    ),
    "two batch sizes": Case(
        "option.max_rolling_batch_size=1\noption.max_num_seqs=2\n",
        error="max_rolling_batch_size 1 ({file} line 1 (option.max_rolling_batch_size)) and max_num_seqs 2",
    ),
    "scaling factors": Case("option.long_lora_scaling_factors=(3.0,)\n", warnings=1),
    "no scaling factors": Case(
        "option.long_lora_scaling_factors=a,b\n", warnings=1, error="long_lora_scaling_factors 'a,b' ({file} line 1"
    ),
    "no type of numbers": Case("option.dtype=int4\n", error="dtype: 'int4' is not one of auto, bfloat16"),
    "a switch": Case("option.enable_prefix_caching=true\n", settings={"enable_prefix_caching": True}),
    "a draft model": Case(
        'option.speculative_config={"method":"eagle","model":"yuhuili/EAGLE-LLaMA3.1-Instruct-8B",'
        '"num_speculative_tokens":4}\n',
        settings={"speculative_config": EAGLE},
    ),
    "a tokenizer's mode": Case("option.tokenizer_mode=mistral\n", settings={"tokenizer_mode": "mistral"}),
    "adapters": Case(
        "option.enable_lora=true\noption.max_loras=2\noption.max_lora_rank=64\n",
        settings={"enable_lora": True, "max_loras": 2, "max_lora_rank": 64},
    ),
    "no parser of tools": Case(
        "option.enable_auto_tool_choice=true\noption.tool_call_parser=nonsense\n",
        error="tool_call_parser 'nonsense' ({file} line 2 (option.tool_call_parser)) is not one that vLLM has",
    ),
    "a model of the hub": Case(
        environment={"HF_MODEL_ID": "meta-llama/X", "OPTION_MODEL_ID": ""},
        settings={
            "model": "meta-llama/X",
            "model_name": "meta_llama_X",
            "rolling_batch": "disable",
            "tensor_parallel_size": 4,
            "pipeline_parallel_size": 1,
            "max_num_seqs": 256,
        },
    ),
    "a batch size": Case(
        "batch_size=4\noption.rolling_batch=vllm\n", settings={"rolling_batch": "disable"}, warnings=1
    ),
    "a file and a variable": Case(
        "option.max_model_len=1024\n", {"OPTION_MAX_MODEL_LEN": "2048"}, settings={"max_model_len": 1024}
    ),
    "no CUDA graphs": Case(environment={"ENABLE_CUDA_GRAPHS": "false"}, settings={"enforce_eager": True}),
    "a queue in a file and in a variable": Case(
        "job_queue_size=10\n", {"SERVING_JOB_QUEUE_SIZE": "5"}, settings={"job_queue_size": 10}
    ),
    "a degree above the GPUs": Case(
        "option.tensor_parallel_degree=8\n",
        error="tensor_parallel_size 8 ({file} line 1 (option.tensor_parallel_degree)) needs 8 GPUs, and there are 4",
    ),
    "a blank at the end": Case("option.rolling_batch=vllm \n", settings={"rolling_batch": "vllm"}),
    "SageMaker's timeout": Case(
        "option.model_loading_timeout=100\n",
        {"SAGEMAKER_STARTUP_TIMEOUT": "600"},
        settings={"model_loading_timeout": 600, "startup_timeout": 600},
    ),
    "MPI": Case("engine=MPI\noption.rolling_batch=lmi-dist\n", settings={"rolling_batch": "vllm"}, warnings=2),
    "workers": Case("minWorkers=2\n", error="min_workers 2 ({file} line 1 (minWorkers)): only 1 is possible"),
    "no engine": Case(
        "engine=OnnxRuntime\n", error="engine 'onnxruntime' ({file} line 1 (engine)): this worker has vLLM"
    ),
    "nothing": Case("option.nonsense=1\n", warnings=1),
    "an option without its prefix": Case("max_model_len=1024\n", settings={"max_model_len": None}, warnings=1),
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A model directory with a model in it."""
    (tmp_path / "config.json").write_bytes((MINI / "config.json").read_bytes())
    return tmp_path


def resolve(case: Case, directory: Path) -> Resolution:
    """Resolve with the case's file in the directory, or with nothing but its variables."""
    if not case.file:
        environment = {name: value.replace("/opt/ml/model", str(directory)) for name, value in case.environment.items()}
        return on_lmi(environment, gpus=case.gpus)
    (directory / "serving.properties").write_text(case.file)
    environment = {"OPTION_MODEL_ID": "", **case.environment}
    return on_lmi(environment, "--model-dir", str(directory), gpus=case.gpus)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_comes_of_it(case: Case, directory: Path) -> None:
    resolution = resolve(case, directory)
    assert {name: resolution.value(name) for name in case.settings} == case.settings
    assert len(resolution.warnings) == case.warnings, resolution.warnings
    if case.error is None:
        assert resolution.errors == ()
    else:
        (error,) = resolution.errors
        assert case.error.format(file=directory / "serving.properties") in error


def test_a_model_in_the_directory(directory: Path) -> None:
    model = find(resolve(Case("engine=Python\n"), directory), "model")
    assert model.value == str(directory)
