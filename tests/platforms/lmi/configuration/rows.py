"""What each of LMI's options does, row by row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dragoman.settings.values import Value


@dataclass(frozen=True)
class Row:
    """Variables, what vLLM gets by them, what the worker gets, and a part of the warning that they cause, if any."""

    environment: Mapping[str, str]
    engine: Mapping[str, Value] = field(default_factory=dict)
    worker: Mapping[str, Value] = field(default_factory=dict)
    says: str | None = None
    gpus: int = 4

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.environment.items()) or "nothing"


def option(key: str, value: str, **engine: Value) -> Row:
    """Return the row of an option that vLLM gets."""
    return Row({f"OPTION_{key.upper()}": value}, engine)


def passed(key: str, *values: Value) -> list[Row]:
    """Return the rows of an option that is one of vLLM's under the same name."""
    return [option(key, value if isinstance(value, str) else json.dumps(value), **{key: value}) for value in values]


def consumed(name: str, *values: Value, prefix: str = "OPTION_") -> list[Row]:
    """Return the rows of an option or a key that the worker itself is the one to follow."""
    variable = prefix + name.upper()
    texts = {value if isinstance(value, str) else json.dumps(value): value for value in values}
    return [Row({variable: text}, worker={name: value}) for text, value in texts.items()]


def ignored(variable: str, *harmless: str, value: str) -> list[Row]:
    """Return the rows of a variable that nothing comes of: silent where it asks for what happens anyway."""
    return [Row({variable: value}, says="is ignored: "), *(Row({variable: text}) for text in harmless)]


EAGLE = {"method": "eagle", "model": "yuhuili/EAGLE-LLaMA3.1-Instruct-8B", "num_speculative_tokens": 4}
OFFLOADING = {"kv_connector": "OffloadingConnector", "kv_role": "kv_both", "engine_id": "a"}

MODEL = [
    Row({}),
    *passed("revision", "main"),
    *passed("tokenizer", "org/tokenizer"),
    *passed("trust_remote_code", True, False),
    option("trust_remote_code", "True", trust_remote_code=True),
    option("dtype", "fp16", dtype="float16"),
    option("dtype", "FP16", dtype="float16"),
    option("dtype", "bf16", dtype="bfloat16"),
    option("dtype", "fp32", dtype="float32"),
    option("dtype", "Float16", dtype="float16"),
    *passed("dtype", "auto", "float32", "float16", "bfloat16"),
    *passed("load_format", "auto", "pt", "safetensors", "npcache", "dummy"),
    option("load_format", "PT", load_format="pt"),
    option("quantize", "awq", quantization="awq"),
    option("quantize", "AWQ", quantization="awq"),
    option("quantize", "gptq", quantization="gptq"),
    option("quantization", "fp8", quantization="fp8"),
    option("quantize", "None"),
    *passed("tokenizer_mode", "auto", "mistral"),
    Row({"OPTION_TOKENIZER_MODE": "slow"}, {"tokenizer_mode": "hf"}, says="vLLM does not take 'slow'; it became 'hf'"),
    *passed("max_model_len", 12800),
    option("max_model_len", "8k", max_model_len=8000),
    *passed("seed", 1),
    *passed("hf_overrides", {"a": 1}),
    *passed("served_model_name", ["a"]),
    option("served_model_name", "a, b", served_model_name=["a", "b"]),
    *passed("download_dir", "/tmp/models"),
    *ignored("OPTION_DEVICE", "auto", value="cuda"),
]
TASKS = [
    option("task", "auto"),
    option("task", "text-generation", runner="generate"),
    option("task", "generate", runner="generate"),
    option("task", "text-embedding", convert="embed"),
    option("task", "feature-extraction", runner="pooling", convert="embed"),
    option("task", "classify", convert="classify"),
    option("task", "Classify", convert="classify"),
    option("task", "embed", runner="pooling", convert="embed"),
    option("task", "score", runner="pooling", convert="classify"),
    *ignored("OPTION_TASK", value="fill-mask"),
    *passed("runner", "pooling"),
    *passed("convert", "embed", "none"),
    Row(
        {"OPTION_TASK": "text-embedding", "OPTION_CONVERT": "none"},
        {"convert": "none"},
        says="gives way to convert 'none' (variable OPTION_CONVERT)",
    ),
    Row(
        {"OPTION_TASK": "text-generation", "OPTION_RUNNER": "pooling"},
        {"runner": "pooling"},
        says="gives way to runner 'pooling'",
    ),
    Row({"OPTION_TASK": "text-generation", "OPTION_RUNNER": "generate"}, {"runner": "generate"}),
]
GPUS = [
    option("tensor_parallel_degree", "max"),
    option("tensor_parallel_degree", "MAX"),
    option("tensor_parallel_degree", "4"),
    Row(
        {"OPTION_TENSOR_PARALLEL_DEGREE": "2"},
        {"tensor_parallel_size": 2},
        says="2 of the 4 GPUs stay idle; tensor_parallel_degree=max uses more",
    ),
    Row(
        {"OPTION_TENSOR_PARALLEL_SIZE": "2"},
        {"tensor_parallel_size": 2},
        says="2 of the 4 GPUs stay idle; tensor_parallel_degree=max uses more",
    ),
    Row({"OPTION_TENSOR_PARALLEL_DEGREE": "4", "OPTION_TENSOR_PARALLEL_SIZE": "4"}),
    Row({"OPTION_TENSOR_PARALLEL_DEGREE": "max", "OPTION_TENSOR_PARALLEL_SIZE": "4"}),
    *(Row({"OPTION_TENSOR_PARALLEL_DEGREE": "max"}, {"tensor_parallel_size": 1}, gpus=gpus) for gpus in (0, 1)),
    option("pipeline_parallel_degree", "1", pipeline_parallel_size=1),
    option("pipeline_parallel_size", "1", pipeline_parallel_size=1),
    *passed("enable_expert_parallel", True),
    *passed("disable_custom_all_reduce", True),
    *passed("distributed_executor_backend", "mp"),
]
BATCHES = [
    option("max_rolling_batch_size", "64", max_num_seqs=64),
    option("max_num_seqs", "64", max_num_seqs=64),
    Row({"OPTION_MAX_ROLLING_BATCH_SIZE": "8", "OPTION_MAX_NUM_SEQS": "8"}, {"max_num_seqs": 8}),
    option("max_rolling_batch_prefill_tokens", "12500", max_num_batched_tokens=12500),
    option("max_num_batched_tokens", "546", max_num_batched_tokens=546),
    option("max_rolling_batch_prefill_tokens", "128", max_num_batched_tokens=128, max_num_seqs=128),
    *consumed("rolling_batch", "vllm", "disable"),
    *(Row({"OPTION_ROLLING_BATCH": text}, worker={"rolling_batch": "vllm"}) for text in ("auto", "VLLM", "Auto")),
    Row({"OPTION_ROLLING_BATCH": "lmi-dist"}, worker={"rolling_batch": "vllm"}, says="became vllm, as in LMI"),
    Row({}, worker={"rolling_batch": "disable"}),
    Row({"SERVING_BATCH_SIZE": "1", "OPTION_ROLLING_BATCH": "vllm"}, worker={"rolling_batch": "vllm"}),
    Row(
        {"SERVING_BATCH_SIZE": "4", "OPTION_ROLLING_BATCH": "vllm"},
        worker={"rolling_batch": "disable"},
        says="switches rolling_batch 'vllm'",
    ),
    Row(
        {"SERVING_BATCH_SIZE": "4", "OPTION_ROLLING_BATCH": "auto"},
        worker={"rolling_batch": "disable"},
        says="switches rolling_batch 'vllm'",
    ),
    Row(
        {"SERVING_BATCH_SIZE": "4"},
        worker={"rolling_batch": "disable"},
        says="is ignored: vLLM takes requests into its batch",
    ),
    Row(
        {"SERVING_MAX_DYNAMIC_BATCH_SIZE": "4"},
        worker={"batch_size": 4},
        says="is ignored: vLLM takes requests into its batch",
    ),
    Row({"OPTION_ASYNC_MODE": "true"}),
    Row({"OPTION_ASYNC_MODE": "true", "OPTION_ROLLING_BATCH": "disable"}),
    Row({"OPTION_ASYNC_MODE": "false", "OPTION_ROLLING_BATCH": "vllm"}),
    Row({"OPTION_ASYNC_MODE": "false"}, says="is ignored: set rolling_batch=vllm"),
    *passed("enable_chunked_prefill", True, False),
    *passed("enable_prefix_caching", True, False),
]
MEMORY = [
    *passed("gpu_memory_utilization", 0.85),
    *passed("enforce_eager", True, False),
    option("enforce_eager", "True", enforce_eager=True),
    option("cpu_offload_gb_per_gpu", "7", cpu_offload_gb=7.0),
    option("cpu_offload_gb", "7", cpu_offload_gb=7.0),
    *passed("kv_cache_dtype", "fp8"),
    *passed("block_size", 32),
    *passed("max_logprobs", 30),
    *passed("kv_transfer_config", OFFLOADING),
    *ignored("OPTION_SWAP_SPACE", "4", value="8"),
]
ADAPTERS = [
    option("enable_lora", "true", enable_lora=True, max_loras=4),
    option("enable_lora", "false", enable_lora=False),
    Row({"OPTION_ENABLE_LORA": "true", "OPTION_MAX_LORAS": "2"}, {"enable_lora": True, "max_loras": 2}),
    Row(
        {"OPTION_ENABLE_LORA": "true", "OPTION_MAX_CPU_LORAS": "2"},
        {"enable_lora": True, "max_cpu_loras": 2, "max_loras": 2},
    ),
    Row(
        {"OPTION_ENABLE_LORA": "true", "OPTION_MAX_CPU_LORAS": "8"},
        {"enable_lora": True, "max_cpu_loras": 8, "max_loras": 4},
    ),
    *passed("max_lora_rank", 64),
    Row({"OPTION_MAX_LORA_RANK": "24"}, {"max_lora_rank": 32}, says="vLLM does not take '24'; it became 32"),
    *passed("fully_sharded_loras", True),
    *passed("lora_dtype", "auto", "float16", "bfloat16"),
    option("lora_dtype", "BFloat16", lora_dtype="bfloat16"),
    *ignored("OPTION_LORA_EXTRA_VOCAB_SIZE", "256", value="512"),
    *(
        Row({"OPTION_LONG_LORA_SCALING_FACTORS": text}, says="is ignored: vLLM has dropped LongLoRA")
        for text in ("3", "3.0", "3.0,4.0", "(3.0,)", "[3, 4.0]")
    ),
    *ignored("OPTION_ADAPTERS", "adapters", value="others"),
]
CHAT = [
    Row(
        {"OPTION_ENABLE_AUTO_TOOL_CHOICE": "true", "OPTION_TOOL_CALL_PARSER": "hermes"},
        {"enable_auto_tool_choice": True, "tool_call_parser": "hermes"},
    ),
    *passed("tool_call_parser", "llama3_json"),
    *passed("reasoning_parser", "deepseek_r1"),
    Row({"OPTION_ENABLE_REASONING": "false"}),
    Row(
        {"OPTION_ENABLE_REASONING": "true", "OPTION_REASONING_PARSER": "qwen3"},
        {"reasoning_parser": "qwen3"},
        says="is ignored: reasoning_parser 'qwen3'",
    ),
    *passed("chat_template", "{{ messages }}"),
    *passed("chat_template_content_format", "auto", "string", "openai"),
    option("limit_mm_per_prompt", '{"image": 4}', limit_mm_per_prompt={"image": 4}),
    Row(
        {"OPTION_LIMIT_MM_PER_PROMPT": "image=4"}, {"limit_mm_per_prompt": {"image": 4}}, says="it became {'image': 4}"
    ),
    *passed("mm_processor_kwargs", {"num_crops": 4}),
]
SPECULATION = [
    option("speculative_config", json.dumps(EAGLE), speculative_config=EAGLE),
    *(
        Row(
            {name: "org/draft", "OPTION_SPEC_LENGTH": "5"},
            {"speculative_config": {"method": "draft_model", "model": "org/draft", "num_speculative_tokens": 5}},
            says="became speculative_config {",
        )
        for name in ("OPTION_DRAFT_MODEL_ID", "OPTION_SPECULATIVE_DRAFT_MODEL")
    ),
    Row(
        {"OPTION_DRAFT_MODEL_ID": "org/draft", "OPTION_SPECULATIVE_CONFIG": json.dumps(EAGLE)},
        {"speculative_config": EAGLE},
        says="gives way to speculative_config {",
    ),
    *(
        Row({"OPTION_DRAFT_MODEL_ID": "org/draft", **length}, says="is ignored: set spec_length")
        for length in ({}, {"OPTION_SPEC_LENGTH": "0"})
    ),
    Row({"OPTION_SPEC_LENGTH": "5"}, says="is ignored without draft_model_id"),
    Row({"OPTION_SPEC_LENGTH": "0"}),
]
HANDLER = [
    *consumed("output_formatter", "json", "jsonlines", "sse", "jsonlines_chat"),
    Row(
        {"OPTION_OUTPUT_FORMATTER": "jsonline"},
        worker={"output_formatter": None},
        says="is ignored: did you mean jsonlines?",
    ),
    Row(
        {"OPTION_OUTPUT_FORMATTER": "mine"},
        worker={"output_formatter": None},
        says="is ignored: there are json, jsonlines, ",
    ),
    Row(
        {"OPTION_OUTPUT_FORMATTER": "3p"},
        worker={"output_formatter": None},
        says="is ignored: it is Bedrock's: set bedrock_compat=true",
    ),
    Row({"OPTION_OUTPUT_FORMATTER": "3p", "OPTION_BEDROCK_COMPAT": "true"}, worker={"output_formatter": "3p"}),
    Row({"OPTION_OUTPUT_FORMATTER": "none"}, worker={"output_formatter": None}),
    *consumed("tgi_compat", True, False),
    *consumed("bedrock_compat", True),
    *consumed("normalize", False),
    *consumed("predict_timeout", 60.0),
    Row({}, worker={"predict_timeout": 240.0, "model_loading_timeout": 1200.0, "startup_timeout": 1200.0}),
    Row({"OPTION_MODEL_LOADING_TIMEOUT": "600"}, worker={"startup_timeout": 600.0}),
    *consumed("enable_stateful_sessions", False),
    *consumed("sessions_expiration", 60.0),
    *ignored("OPTION_SESSIONS_PATH", value="/dev/shm/sessions"),
    *ignored("OPTION_SESSIONS_S3URL", value="s3://bucket/sessions"),
    *ignored("OPTION_ENTRYPOINT", "djl_python.huggingface", "djl_python.lmi_vllm.vllm_async_service", value="model.py"),
    *ignored("OPTION_MODELNAME", value="m1"),
    *ignored("OPTION_HANDLER", "handle", value="answer"),
    *ignored("OPTION_MPI_MODE", "false", value="true"),
    *ignored("OPTION_ENABLE_STREAMING", "false", value="true"),
    *ignored("OPTION_ENABLE_STREAMING", value="huggingface"),
    *ignored("OPTION_WAITING_STEPS", "0", value="3"),
    *ignored("OPTION_STOP_SEQUENCE", value='["a"]'),
    *ignored("OPTION_PARALLEL_LOADING", "false", value="true"),
    *ignored("OPTION_MAX_OUTPUT_SIZE", "62914560", value="1024"),
    *ignored("OPTION_ENABLE_VENV", "false", value="true"),
    *ignored("OPTION_PYTHONEXECUTABLE", "python3", value="/opt/python"),
]
SERVER = [
    *consumed("job_queue_size", 5, prefix="SERVING_"),
    *consumed("chunked_read_timeout", 60.0, prefix="SERVING_"),
    *consumed("max_request_size", 1024, prefix="SERVING_"),
    *consumed("allow_multi_status", True, prefix="SERVING_"),
    *(
        row
        for kind in ("bad_request", "wlm_error", "timeout", "server_error")
        for row in consumed(f"{kind}_http_code", 429, prefix="SERVING_")
    ),
    *ignored("SERVING_THROTTLE_ERROR_HTTP_CODE", "503", value="429"),
    *(Row({"OPTION_ENGINE": text}) for text in ("Python", "python")),
    *(Row({"OPTION_ENGINE": text}, says="is read as Python: ") for text in ("MPI", "DeepSpeed")),
    *(Row({f"SERVING_{name}": "1"}) for name in ("MIN_WORKERS", "MAX_WORKERS", "MINWORKERS", "MAXWORKERS")),
    *ignored("SERVING_MAX_BATCH_DELAY", "100", value="50"),
    *ignored("SERVING_MAX_IDLE_TIME", "60", value="600"),
    *ignored("SERVING_LOAD_ON_DEVICES", "*", value="0;1"),
    *ignored("SERVING_REQUIRED_MEMORY_MB", "0", value="1024"),
    *ignored("SERVING_RESERVED_MEMORY_MB", "0", value="1024"),
    *ignored("SERVING_RETRY_THRESHOLD", "0", "10", value="3"),
    *ignored("SERVING_LOG_REQUEST_METRIC", "false", value="true"),
    *ignored("SERVING_METRICS_AGGREGATION", "1000", value="10"),
    *ignored("SERVING_METRIC_DIMENSION", "model", value="host"),
    *(Row({"SERVING_PROMETHEUS": text}) for text in ("true", "false")),
    *(ignored(f"SERVING_ERROR_RATE_{kind}", value="10/min")[0] for kind in ("WLM", "SERVER", "MODEL", "ANY")),
    *(Row({"SERVING_FAIL_FAST": text}) for text in ("true", "false")),
    *(Row({"SERVING_HEALTH_CHECK_OVERRIDE": text}) for text in ("true", "false")),
    *ignored("SERVING_WAIT_MODEL_LOADING", "false", value="true"),
    *(ignored(f"SERVING_CORS_ALLOWED_{part}", value="*")[0] for part in ("ORIGIN", "METHODS", "HEADERS")),
    *(ignored(f"SERVING_{name}", value="x")[0] for name in ("KEYSTORE", "KEYSTORE_PASS", "KEYSTORE_TYPE")),
    *(ignored(f"SERVING_{name}", value="x")[0] for name in ("PRIVATE_KEY_FILE", "CERTIFICATE_FILE")),
    *ignored("SERVING_MODEL_URL_PATTERN", value=".*"),
    *ignored("SERVING_NUMBER_OF_NETTY_THREADS", "0", value="8"),
    *ignored("SERVING_NETTY_CLIENT_THREADS", "0", value="8"),
    *ignored("SERVING_MANAGEMENT_ADDRESS", value="http://0.0.0.0:8081"),
    *ignored("SERVING_CLUSTER_ADDRESS", value="http://0.0.0.0:8888"),
    *ignored("SERVING_REQUEST_ID_HEADER_KEY", "x-request-id", value="x-other-id"),
    *ignored("SERVING_FEATURES", "vllm", value="trtllm"),
    *ignored("SERVING_PLUGIN_FOLDER", value="/plugins"),
]
ROWS = [*MODEL, *TASKS, *GPUS, *BATCHES, *MEMORY, *ADAPTERS, *CHAT, *SPECULATION, *HANDLER, *SERVER]


@dataclass(frozen=True)
class Refusal:
    """Variables that cannot work, how the one error begins, what else it holds, and parts of the warnings."""

    environment: Mapping[str, str]
    begins: str
    holds: str = ""
    says: tuple[str, ...] = ()
    gpus: int = 4

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.environment.items())


def refused(key: str, value: str, holds: str, name: str | None = None, says: tuple[str, ...] = ()) -> Refusal:
    """Return the refusal of an option, which the error cites with its value and its variable."""
    variable = f"OPTION_{key.upper()}"
    return Refusal({variable: value}, f"{name or key} {value!r} (variable {variable})", holds, says)


def unreadable(key: str, value: str, holds: str, name: str | None = None, prefix: str = "OPTION_") -> Refusal:
    """Return the refusal of a value that is not of the option's type."""
    variable = prefix + key.upper()
    return Refusal({variable: value}, f"{name or key}: {value!r} is not", f"{holds} (variable {variable})")


REFUSALS = [
    unreadable("dtype", "int4", "one of auto, bfloat16, float, float16, float32, half, fp32, fp16, bf16"),
    unreadable("enforce_eager", "maybe", "a boolean: write true, 1, yes, on or false, 0, no, off"),
    unreadable("max_model_len", "many", "an integer"),
    unreadable("max_rolling_batch_size", "many", "an integer"),
    unreadable("lora_dtype", "int8", "one of auto, bfloat16, float16"),
    unreadable("chat_template_content_format", "text", "one of auto, openai, string"),
    unreadable("speculative_config", "eagle", "JSON"),
    unreadable("job_queue_size", "many", "an integer", prefix="SERVING_"),
    unreadable("batch_size", "many", "an integer", prefix="SERVING_"),
    refused("quantize", "squeezellm", "use the model in AWQ or GPTQ", "quantization"),
    Refusal(
        {"OPTION_QUANTIZE": "bitsandbytes8"},
        "quantization 'bitsandbytes' (variable OPTION_QUANTIZE) is gone",
        says=("became bitsandbytes",),
    ),
    refused("quantize", "nonsense", "awq", "quantization"),
    refused("load_format", "nonsense", "safetensors"),
    refused("tensor_parallel_degree", "most", "neither max nor a number of GPUs"),
    refused("tensor_parallel_degree", "2.5", "neither max nor a number of GPUs"),
    refused("tensor_parallel_degree", "0", "neither max nor a number of GPUs"),
    refused("tensor_parallel_degree", "-1", "neither max nor a number of GPUs"),
    refused("rolling_batch", "scheduler", "LMI has dropped its own scheduler; there are vllm, lmi-dist, auto, disable"),
    refused("rolling_batch", "trtllm", "this worker has vLLM, not TensorRT-LLM; there are vllm"),
    refused("rolling_batch", "deepspeed", "LMI has dropped DeepSpeed; there are vllm"),
    refused("rolling_batch", "vlm", "this is no rolling batch; there are vllm"),
    refused("rolling_batch", "lmidist", "did you mean lmi-dist?"),
    refused("engine", "onnxruntime", "this worker has vLLM only; write Python"),
    refused(
        "long_lora_scaling_factors", "a,b", "neither a number nor a list of numbers", says=("has dropped LongLoRA",)
    ),
    refused("lmcache_config_file", "lmcache.yaml", "is not a file"),
    Refusal({"OPTION_TENSOR_PARALLEL_DEGREE": "8"}, "tensor_parallel_size 8 (variable OPTION_TENSOR_PARALLEL_DEGREE)"),
    Refusal({"OPTION_TENSOR_PARALLEL_SIZE": "8"}, "tensor_parallel_size 8 (variable OPTION_TENSOR_PARALLEL_SIZE)"),
    Refusal(
        {"OPTION_TENSOR_PARALLEL_DEGREE": "4", "OPTION_TENSOR_PARALLEL_SIZE": "2"},
        "tensor_parallel_degree '4' (variable OPTION_TENSOR_PARALLEL_DEGREE) and tensor_parallel_size 2",
        "set only tensor_parallel_degree",
        ("2 of the 4 GPUs stay idle",),
    ),
    Refusal(
        {"OPTION_TENSOR_PARALLEL_DEGREE": "max", "OPTION_TENSOR_PARALLEL_SIZE": "2"},
        "tensor_parallel_degree 'max' (variable OPTION_TENSOR_PARALLEL_DEGREE) and tensor_parallel_size 2",
        says=("2 of the 4 GPUs stay idle",),
    ),
    Refusal(
        {"OPTION_TENSOR_PARALLEL_DEGREE": "2", "OPTION_PIPELINE_PARALLEL_DEGREE": "2"},
        "pipeline_parallel_degree 2 (variable OPTION_PIPELINE_PARALLEL_DEGREE)",
        "only 1",
    ),
    Refusal({"OPTION_PIPELINE_PARALLEL_SIZE": "2"}, "pipeline_parallel_size 2", "only 1"),
    Refusal(
        {"OPTION_MAX_ROLLING_BATCH_SIZE": "1", "OPTION_MAX_NUM_SEQS": "2"},
        "max_rolling_batch_size 1 (variable OPTION_MAX_ROLLING_BATCH_SIZE) and max_num_seqs 2",
        "set only max_rolling_batch_size",
    ),
    Refusal({"OPTION_MAX_ROLLING_BATCH_SIZE": "0"}, "max_rolling_batch_size: 0 is not at least 1"),
    Refusal({"OPTION_ENABLE_AUTO_TOOL_CHOICE": "true"}, "enable_auto_tool_choice True", "needs tool_call_parser"),
    Refusal(
        {"OPTION_ENABLE_AUTO_TOOL_CHOICE": "true", "OPTION_TOOL_CALL_PARSER": "nonsense"},
        "tool_call_parser 'nonsense' (variable OPTION_TOOL_CALL_PARSER)",
        "hermes",
    ),
    Refusal({"OPTION_ENABLE_REASONING": "true"}, "enable_reasoning True", "needs reasoning_parser"),
    Refusal(
        {"OPTION_ENABLE_REASONING": "true", "OPTION_REASONING_PARSER": "nonsense"},
        "reasoning_parser 'nonsense' (variable OPTION_REASONING_PARSER)",
        "deepseek_r1",
        ("enable_reasoning True (variable OPTION_ENABLE_REASONING) is ignored",),
    ),
    Refusal({"OPTION_CHAT_TEMPLATE": "no-such.jinja"}, "chat_template 'no-such.jinja'", "does not exist"),
    Refusal({"OPTION_MAX_LORAS": "4", "OPTION_MAX_CPU_LORAS": "2"}, "max_loras 4", "is more than max_cpu_loras 2"),
    Refusal({"OPTION_ASYNC_MODE": "true", "OPTION_ROLLING_BATCH": "vllm"}, "async_mode True", "contradicts"),
    Refusal(
        {"OPTION_ENABLE_STREAMING": "true", "SERVING_BATCH_SIZE": "4"},
        "enable_streaming 'true' (variable OPTION_ENABLE_STREAMING)",
        "batch_size 4 (variable SERVING_BATCH_SIZE)",
        ("enable_streaming is ignored", "batch_size 4 (variable SERVING_BATCH_SIZE) is ignored"),
    ),
    Refusal({"SERVING_MIN_WORKERS": "2"}, "min_workers 2 (variable SERVING_MIN_WORKERS)", "only 1 is possible"),
    Refusal({"SERVING_MAX_WORKERS": "2"}, "max_workers 2 (variable SERVING_MAX_WORKERS)", "only 1 is possible"),
    Refusal({"SERVING_BAD_REQUEST_HTTP_CODE": "42"}, "bad_request_http_code: 42 is not at least 200"),
    Refusal({"OPTION_ENV": "secret-text"}, "env *** (variable OPTION_ENV): write NAME=value"),
    Refusal({"OPTION_PREDICT_TIMEOUT": "0"}, "predict_timeout: 0.0 is not more than 0"),
]
