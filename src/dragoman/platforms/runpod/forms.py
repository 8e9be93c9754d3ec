"""The forms of RunPod's console, written from the catalogue."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from dragoman.forms.fields import Field, field_of
from dragoman.forms.files import Document
from dragoman.forms.image import IMAGE
from dragoman.platforms.runpod.documented import variables
from dragoman.settings.catalogue import Catalogue, vllm_flags

# That of the CUDA libraries which vLLM's wheels ask for.
CUDA_VERSION = "13.0"
TEST_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"

# The console asks for MODEL_NAME and HF_TOKEN by itself, apart from these.
CATEGORIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "LLM Settings": (
            *("MODEL_REVISION", "MAX_MODEL_LEN", "DTYPE", "QUANTIZATION", "KV_CACHE_DTYPE", "LOAD_FORMAT"),
            *("TRUST_REMOTE_CODE", "CODE_REVISION", "SEED", "MAX_NUM_SEQS", "MAX_NUM_BATCHED_TOKENS", "MAX_LOGPROBS"),
            *("ENABLE_PREFIX_CACHING", "ENABLE_CHUNKED_PREFILL", "DISABLE_SLIDING_WINDOW", "GENERATION_CONFIG"),
            *("HF_OVERRIDES", "LIMIT_MM_PER_PROMPT", "MM_PROCESSOR_KWARGS", "SPECULATIVE_CONFIG"),
            *("MODEL_LOADER_EXTRA_CONFIG", "IGNORE_PATTERNS", "DOWNLOAD_DIR", "VLLM_EXTRA_ARGS"),
        ),
        "LoRA Settings": (
            *("ENABLE_LORA", "LORA_MODULES", "MAX_LORAS", "MAX_LORA_RANK", "MAX_CPU_LORAS", "LORA_DTYPE"),
            "FULLY_SHARDED_LORAS",
        ),
        "Tokenizer Settings": (
            *("TOKENIZER_NAME", "TOKENIZER_REVISION", "TOKENIZER_MODE", "SKIP_TOKENIZER_INIT"),
            "CUSTOM_CHAT_TEMPLATE",
        ),
        "System Settings": (
            *("GPU_MEMORY_UTILIZATION", "TENSOR_PARALLEL_SIZE", "PIPELINE_PARALLEL_SIZE", "ENABLE_EXPERT_PARALLEL"),
            *("DISTRIBUTED_EXECUTOR_BACKEND", "MAX_PARALLEL_LOADING_WORKERS", "BLOCK_SIZE", "CPU_OFFLOAD_GB"),
            *("NUM_GPU_BLOCKS_OVERRIDE", "ENFORCE_EAGER", "ATTENTION_BACKEND", "DISABLE_CUSTOM_ALL_REDUCE"),
        ),
        "Streaming Settings": (
            *("DEFAULT_BATCH_SIZE", "DEFAULT_MIN_BATCH_SIZE", "DEFAULT_BATCH_SIZE_GROWTH_FACTOR"),
            "BATCH_MAX_DELAY_MS",
        ),
        "OpenAI Settings": (
            *("OPENAI_SERVED_MODEL_NAME_OVERRIDE", "OPENAI_RESPONSE_ROLE", "RAW_OPENAI_OUTPUT"),
            *("ENABLE_AUTO_TOOL_CHOICE", "TOOL_CALL_PARSER", "REASONING_PARSER"),
        ),
        "Serverless Settings": (
            *("MAX_CONCURRENCY", "DEFAULT_MAX_TOKENS", "STANDARD_OUTPUT", "ALLOW_OPENAI_FORMAT", "REQUEST_TIMEOUT"),
            *("REFRESH_WORKER", "BASE_PATH", "DISABLE_LOG_STATS", "ENABLE_LOG_REQUESTS", "RUNPOD_LOG_LEVEL"),
        ),
    }
)
# What the worker decides where the form says nothing.
DECIDED: Mapping[str, str] = MappingProxyType(
    {
        "GPU_MEMORY_UTILIZATION": "0.95",
        "TENSOR_PARALLEL_SIZE": "all GPUs of the worker",
        "ENABLE_LORA": "true where LORA_MODULES names adapters",
        "ENABLE_LOG_REQUESTS": "false",
        "ENFORCE_EAGER": "false",
    }
)
# RunPod's own names, where the catalogue says what becomes of them instead of what they are for.
ALIASES: Mapping[str, str] = MappingProxyType(
    {"CUSTOM_CHAT_TEMPLATE": "chat_template", "OPENAI_SERVED_MODEL_NAME_OVERRIDE": "served_model_name"}
)
# What the catalogue does not describe: the one setting without a default, and variables that are no settings.
OTHERS = (
    Field(variable="MODEL_NAME", help="The model: a Hugging Face repository, or a directory."),
    Field(variable="HF_TOKEN", help="Hugging Face token for private and gated models."),
    Field(variable="VLLM_EXTRA_ARGS", help="Any other flags of vLLM, written as on its command line."),
)
# Shown at once; the rest is behind "advanced".
BASIC = frozenset(
    {"MODEL_NAME", "HF_TOKEN", "MAX_MODEL_LEN", "QUANTIZATION", "DTYPE", "GPU_MEMORY_UTILIZATION"}
    | {"ENABLE_AUTO_TOOL_CHOICE", "TOOL_CALL_PARSER", "REASONING_PARSER", "MAX_CONCURRENCY", "DEFAULT_MAX_TOKENS"}
)
PRESETS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Qwen3 8B": {
            "MODEL_NAME": "Qwen/Qwen3-8B",
            "REASONING_PARSER": "qwen3",
            "ENABLE_AUTO_TOOL_CHOICE": "true",
            "TOOL_CALL_PARSER": "hermes",
        },
        "SmolLM2 135M, to try things out": {"MODEL_NAME": TEST_MODEL},
    }
)
HUB_INPUTS = MappingProxyType({"text": "string", "select": "string", "number": "number", "toggle": "boolean"})


def documents(catalogue: Catalogue) -> Iterator[Document]:
    """Yield the files that RunPod's console and hub read, from the catalogue of this platform's settings."""
    for path, content in (
        ("worker-config.json", worker_config(catalogue)),
        (".runpod/hub.json", hub(catalogue)),
        (".runpod/tests.json", release_tests()),
    ):
        yield Document(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    yield Document("docs/runpod.md", variables(catalogue), part="variables")


def fields(catalogue: Catalogue) -> dict[str, Field]:
    """Return every entry of the forms by its variable, in the order of the categories."""
    settings = {variable: setting for setting in catalogue for variable in setting.variables}
    settings |= {variable: catalogue[name] for variable, name in ALIASES.items()}
    others = {field.variable: field for field in OTHERS}
    offered = ("MODEL_NAME", "HF_TOKEN", *(variable for each in CATEGORIES.values() for variable in each))
    return {
        variable: others.get(variable) or field_of(settings[variable], variable, DECIDED.get(variable, ""))
        for variable in offered
    }


def worker_config(catalogue: Catalogue) -> dict[str, Any]:
    """Return worker-config.json: the entries, and the categories that they are shown in for each version of vLLM.

    The format is that of worker-vllm 1.5.0's README.
    """
    entries = fields(catalogue)
    categories = [{"title": title, "settings": list(variables)} for title, variables in CATEGORIES.items()]
    version = {"imageName": IMAGE, "minimumCudaVersion": CUDA_VERSION, "categories": categories}
    offered = {variable: _schema(entries[variable]) for each in CATEGORIES.values() for variable in each}
    return {"schema": offered, "versions": {vllm_flags()["vllm"]: version}}


def _schema(field: Field) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "env_var_name": field.variable,
        "value": field.value,
        "title": field.title,
        "description": field.description,
        "required": False,
        "type": field.input,
    }
    if field.options:
        entry["options"] = _options(field)
    return entry


def _options(field: Field) -> list[dict[str, str]]:
    untouched = f"default ({field.default})" if field.default else "default"
    return [{"value": option, "label": option or untouched} for option in field.options]


def hub(catalogue: Catalogue) -> dict[str, Any]:
    """Return .runpod/hub.json: how RunPod's hub lists and deploys the worker, and what it asks for."""
    return {
        "title": "Dragoman",
        "description": "Serve any language model with vLLM and an OpenAI-compatible API.",
        "type": "serverless",
        "category": "language",
        "config": {
            "runsOn": "GPU",
            "containerDiskInGb": 150,
            "gpuCount": 1,
            "gpuIds": "ADA_80_PRO,AMPERE_80",
            "allowedCudaVersions": [CUDA_VERSION],
            "presets": [{"name": name, "defaults": dict(defaults)} for name, defaults in PRESETS.items()],
            "env": [{"key": field.variable, "input": _hub_input(field)} for field in fields(catalogue).values()],
        },
    }


def _hub_input(field: Field) -> dict[str, Any]:
    model = field.variable == "MODEL_NAME"
    entry: dict[str, Any] = {
        "name": field.title,
        "type": "huggingface" if model else HUB_INPUTS[field.input],
        "description": field.description,
        "required": model,
        "advanced": field.variable not in BASIC,
    }
    if field.value != "":
        entry["default"] = field.value
    if field.options:
        entry["options"] = _options(field)
    if field.input == "number":
        limits = {"min": field.minimum, "max": field.maximum}
        entry |= {name: limit for name, limit in limits.items() if limit is not None}
    return entry


def release_tests() -> dict[str, Any]:
    """Return .runpod/tests.json: the jobs with which RunPod tries a release. It has to be answered without a model."""
    question = [{"role": "user", "content": "What is the capital of France?"}]
    chat = {"openai_route": "/v1/chat/completions", "openai_input": {"messages": question, "max_tokens": 16}}
    jobs = {
        "prompt": {"prompt": "The capital of France is", "sampling_params": {"max_tokens": 16, "temperature": 0}},
        "messages": {"messages": question},
        "chat completion": chat,
    }
    return {
        "tests": [{"name": name, "input": job, "timeout": 300_000} for name, job in jobs.items()],
        "config": {
            "gpuTypeId": "NVIDIA GeForce RTX 4090",
            "gpuCount": 1,
            "env": [{"key": "MODEL_NAME", "value": TEST_MODEL}, {"key": "MAX_MODEL_LEN", "value": "2048"}],
            "allowedCudaVersions": [CUDA_VERSION],
        },
    }
