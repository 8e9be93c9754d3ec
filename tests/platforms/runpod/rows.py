"""What each of RunPod's variables does: the documented ones of all versions of its worker, row by row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """An environment, and what becomes of it: flags after the model's, the worker's settings, and what is said."""

    environment: Mapping[str, str]
    flags: Sequence[str] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    warnings: int = 0
    gpus: int = 0

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.environment.items()) or "nothing"


def passed(variable: str, value: str, *flags: str) -> Row:
    """Return the row of a variable that is the flag of the same name."""
    return Row({variable: value}, flags or ("--" + variable.lower().replace("_", "-"), value))


def switch(variable: str) -> list[Row]:
    """Return the rows of a variable that is a flag with an opposite."""
    flag = variable.lower().replace("_", "-")
    return [Row({variable: "1"}, [f"--{flag}"]), Row({variable: "False"}, [f"--no-{flag}"])]


def consumed(name: str, value: object, **variables: str) -> list[Row]:
    """Return a row for each spelling of a setting of the worker's."""
    return [Row({variable: text}, settings={name: value}) for variable, text in variables.items()]


def ignored(variable: str, *harmless: str, value: str) -> list[Row]:
    """Return the rows of a variable that nothing comes of: silent where it holds its default."""
    return [Row({variable: value}, warnings=1), *(Row({variable: text}) for text in harmless)]


YARN = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
ROPE = '{"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}}'
ADAPTERS = [{"name": "a", "path": "o/a"}, {"name": "b", "path": "o/b"}]
ADAPTER_FLAGS = ["--lora-modules", '{"name": "a", "path": "o/a"}', '{"name": "b", "path": "o/b"}', "--enable-lora"]

MODEL = [
    Row({}),
    *(passed(name, "x") for name in ("REVISION", "CODE_REVISION", "TOKENIZER", "TOKENIZER_REVISION", "DOWNLOAD_DIR")),
    Row({"MODEL_REVISION": " a\n"}, ["--revision", "a"]),
    Row({"MODEL_NAME_REVISION": "a"}, ["--revision", "a"]),
    Row({"REVISION": "a", "MODEL_REVISION": ""}, ["--revision", "a"]),
    Row({"REVISION": "a", "MODEL_REVISION": "b", "MODEL_NAME_REVISION": "c"}, ["--revision", "b"]),
    Row({"TOKENIZER_NAME": "t"}, ["--tokenizer", "t"]),
    Row({"TOKENIZER": "t", "TOKENIZER_NAME": ""}, ["--tokenizer", "t"]),
    Row({"TOKENIZER": "t", "TOKENIZER_NAME": "u"}, ["--tokenizer", "u"]),
    passed("TOKENIZER_MODE", "auto"),
    Row({"TOKENIZER_MODE": "slow"}, ["--tokenizer-mode", "hf"], warnings=1),
    *switch("SKIP_TOKENIZER_INIT"),
    *ignored("TOKENIZER_POOL_SIZE", "0", value="2"),
    *ignored("TOKENIZER_POOL_TYPE", "ray", value="mp"),
    *ignored("TOKENIZER_POOL_EXTRA_CONFIG", "", value='{"a": 1}'),
    Row({"CUSTOM_CHAT_TEMPLATE": "{{ x }}"}, ["--chat-template", "{{ x }}"]),
    Row({"CHAT_TEMPLATE": "{{ x }}"}, ["--chat-template", "{{ x }}"]),
    Row({"CHAT_TEMPLATE": "{{ x }}", "CUSTOM_CHAT_TEMPLATE": "{{ y }}"}, ["--chat-template", "{{ y }}"]),
    passed("CHAT_TEMPLATE_CONTENT_FORMAT", "string"),
    *(Row({"TRUST_REMOTE_CODE": text}, ["--trust-remote-code"]) for text in ("1", "true", "TRUE", " yes ", "on")),
    *(Row({"TRUST_REMOTE_CODE": text}, ["--no-trust-remote-code"]) for text in ("0", "false", "No", "off")),
    *(Row({"TRUST_REMOTE_CODE": text}) for text in ("", "None", "null")),
    Row({"HF_TOKEN": "secret"}),
    *(passed("LOAD_FORMAT", text) for text in ("auto", "pt", "safetensors", "npcache", "dummy", "tensorizer")),
    passed("CONFIG_FORMAT", "hf"),
    *(passed("DTYPE", text) for text in ("auto", "half", "float16", "bfloat16", "float", "float32")),
    *(passed("KV_CACHE_DTYPE", text) for text in ("auto", "fp8", "fp8_e5m2")),
    *(passed("QUANTIZATION", text) for text in ("awq", "gptq", "fp8")),
    Row({"QUANTIZATION": "AWQ"}, ["--quantization", "awq"]),
    *(Row({"QUANTIZATION": text}) for text in ("None", "")),
    *ignored("QUANTIZATION_PARAM_PATH", value="/scales.json"),
    passed("MAX_MODEL_LEN", "4096"),
    passed("MAX_MODEL_LEN", "auto"),
    Row({"MAX_MODEL_LEN": "4k"}, ["--max-model-len", "4000"]),
    Row({"MAX_MODEL_LEN": "0"}, warnings=1),
    Row({"MAX_MODEL_LENGTH": "2048"}, ["--max-model-len", "2048"]),
    Row({"MAX_MODEL_LENGTH": "0"}, warnings=1),
    Row({"MAX_MODEL_LENGTH": "2048", "MAX_MODEL_LEN": "4096"}, ["--max-model-len", "4096"]),
    *ignored("MAX_SEQ_LEN_TO_CAPTURE", "8192", value="4096"),
    *ignored("MAX_CONTEXT_LEN_TO_CAPTURE", value="4096"),
    Row({"ROPE_SCALING": json.dumps(YARN)}, ["--hf-overrides", ROPE], warnings=1),
    Row({"ROPE_SCALING": str(YARN)}, ["--hf-overrides", ROPE], warnings=1),
    Row({"ROPE_SCALING": "", "ROPE_THETA": "0"}, warnings=1),
    Row(
        {"ROPE_THETA": "1e6"},
        ["--hf-overrides", '{"rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}}'],
        warnings=1,
    ),
    Row({"HF_OVERRIDES": "{'a': 1}"}, ["--hf-overrides", '{"a": 1}']),
    Row({"IGNORE_PATTERNS": "*.bin,*.pt"}, ["--ignore-patterns", "*.bin", "*.pt"]),
    Row({"IGNORE_PATTERNS": '["*.bin"]'}, ["--ignore-patterns", "*.bin"]),
    Row({"MODEL_LOADER_EXTRA_CONFIG": "{'a': 1}"}, ["--model-loader-extra-config", '{"a": 1}']),
    passed("SEED", "0"),
    Row({"TASK": "auto"}),
    *(
        Row({"TASK": task}, flags, warnings=1)
        for task, flags in {
            "generate": ["--runner", "generate"],
            "embed": ["--runner", "pooling", "--convert", "embed"],
            "classify": ["--runner", "pooling", "--convert", "classify"],
            "score": ["--runner", "pooling", "--convert", "classify"],
            "reward": ["--runner", "pooling"],
            "transcription": ["--runner", "generate"],
        }.items()
    ),
    passed("RUNNER", "pooling"),
    passed("CONVERT", "embed"),
]
PARALLELISM = [
    passed("TENSOR_PARALLEL_SIZE", "1"),
    passed("PIPELINE_PARALLEL_SIZE", "1"),
    passed("DISTRIBUTED_EXECUTOR_BACKEND", "mp"),
    Row({"DISTRIBUTED_EXECUTOR_BACKEND": ""}),
    Row({"WORKER_USE_RAY": "False"}),
    Row({"WORKER_USE_RAY": "1", "DISTRIBUTED_EXECUTOR_BACKEND": "mp"}, ["--distributed-executor-backend", "mp"], {}, 1),
    Row({"RAY_WORKERS_USE_NSIGHT": "0"}, ["--no-ray-workers-use-nsight"]),
    passed("MAX_PARALLEL_LOADING_WORKERS", "2"),
    Row({"MAX_PARALLEL_LOADING_WORKERS": "0"}, warnings=1),
    *ignored("VLLM_CPU_FRACTION", "1", "1.0", value="0.5"),
    *switch("DISABLE_CUSTOM_ALL_REDUCE"),
    *switch("ENABLE_EXPERT_PARALLEL"),
    *ignored("DEVICE", "auto", value="cuda"),
    passed("NUM_GPU_BLOCKS_OVERRIDE", "100"),
    Row({"NUM_GPU_BLOCKS_OVERRIDE": "0"}, warnings=1),
    Row({"CPU_OFFLOAD_GB": "2"}, ["--cpu-offload-gb", "2.0"]),
]
GPUS = [
    Row({}, ["--gpu-memory-utilization", "0.95"], gpus=1),
    Row({}, ["--tensor-parallel-size", "4", "--gpu-memory-utilization", "0.95"], gpus=4),
    Row({"TENSOR_PARALLEL_SIZE": "2"}, ["--tensor-parallel-size", "2", "--gpu-memory-utilization", "0.95"], gpus=4),
    Row(
        {"TENSOR_PARALLEL_SIZE": "8"},
        ["--tensor-parallel-size", "4", "--gpu-memory-utilization", "0.95"],
        warnings=1,
        gpus=4,
    ),
    Row(
        {"MAX_PARALLEL_LOADING_WORKERS": "2"},
        ["--tensor-parallel-size", "2", "--gpu-memory-utilization", "0.95"],
        warnings=1,
        gpus=2,
    ),
    Row({"GPU_MEMORY_UTILIZATION": "0.8"}, ["--gpu-memory-utilization", "0.8"], gpus=1),
    Row({"GPU_MEMORY_UTILIZATION": "0.8"}, ["--gpu-memory-utilization", "0.8"]),
]
MEMORY = [
    *(passed("BLOCK_SIZE", text) for text in ("8", "16", "32")),
    *ignored("SWAP_SPACE", "4", value="8"),
    *switch("ENFORCE_EAGER"),
    *switch("ENABLE_PREFIX_CACHING"),
    *switch("DISABLE_SLIDING_WINDOW"),
    *ignored("USE_V2_BLOCK_MANAGER", "false", value="true"),
    *ignored("NUM_LOOKAHEAD_SLOTS", "0", value="3"),
    passed("MAX_NUM_BATCHED_TOKENS", "4096"),
    Row({"MAX_NUM_BATCHED_TOKENS": "0"}, warnings=1),
    passed("MAX_NUM_SEQS", "256"),
    passed("MAX_LOGPROBS", "20"),
    *ignored("SCHEDULER_DELAY_FACTOR", "0", "0.0", value="0.5"),
    *switch("ENABLE_CHUNKED_PREFILL"),
    *ignored("PREEMPTION_MODE", "", "None", value="swap"),
    *ignored("PREEMPTION_CHECK_PERIOD", "1.0", value="2"),
    *ignored("PREEMPTION_CPU_CAPACITY", "2", value="3"),
    *switch("ASYNC_SCHEDULING"),
    passed("STREAM_INTERVAL", "5"),
    *ignored("NUM_SCHEDULER_STEPS", "1", value="8"),
    Row({"CUDA_GRAPH_SIZES": "1,2,4"}, ["--cudagraph-capture-sizes", "1", "2", "4"], warnings=1),
    passed("ATTENTION_BACKEND", "FLASH_ATTN"),
    Row({"VLLM_ATTENTION_BACKEND": "FLASHINFER"}, ["--attention-backend", "FLASHINFER"], warnings=1),
    Row({"KV_OFFLOADING_BACKEND": "native"}, ["--kv-offloading-backend", "native"]),
    Row(
        {"KV_OFFLOADING_BACKEND": "lmcache"},
        ["--kv-offloading-backend", "lmcache", "--disable-hybrid-kv-cache-manager"],
    ),
    Row(
        {"KV_TRANSFER_CONFIG": '{"kv_connector": "LMCacheConnectorV1", "kv_role": "kv_both", "engine_id": "e"}'},
        [
            "--disable-hybrid-kv-cache-manager",
            *("--kv-transfer-config", '{"kv_connector": "LMCacheConnectorV1", "kv_role": "kv_both", "engine_id": "e"}'),
        ],
    ),
]
LORA = [
    *switch("ENABLE_LORA"),
    Row({"ENABLE_LORA": "true", "LORA_MODULES": json.dumps(ADAPTERS)}, ADAPTER_FLAGS),
    Row({"LORA_MODULES": json.dumps(ADAPTERS)}, ADAPTER_FLAGS),
    Row({"LORA_MODULES": str(ADAPTERS)}, ADAPTER_FLAGS),
    Row({"LORA_MODULES": json.dumps(ADAPTERS), "ENABLE_LORA": "false"}, ADAPTER_FLAGS, warnings=1),
    Row({"LORA_MODULES": "a=o/a,b=o/b"}, ADAPTER_FLAGS),
    Row(
        {"LORA_MODULES": '{"name": "a", "path": "o/a", "base_model_name": "m"}'},
        ["--lora-modules", '{"name": "a", "path": "o/a", "base_model_name": "m"}', "--enable-lora"],
    ),
    Row({"LORA_MODULES": "[]"}),
    passed("MAX_LORAS", "2"),
    passed("MAX_LORA_RANK", "64"),
    Row({"MAX_LORA_RANK": "24"}, ["--max-lora-rank", "32"], warnings=1),
    passed("MAX_CPU_LORAS", "3"),
    Row({"MAX_CPU_LORAS": "0"}, warnings=1),
    *(passed("LORA_DTYPE", text) for text in ("auto", "float16", "bfloat16")),
    Row({"LORA_DTYPE": "float32"}, ["--lora-dtype", "auto"], warnings=1),
    *switch("FULLY_SHARDED_LORAS"),
    *ignored("LORA_EXTRA_VOCAB_SIZE", "256", value="512"),
    *ignored("LONG_LORA_SCALING_FACTORS", "", value="1.0,2.0"),
    *ignored("ENABLE_PROMPT_ADAPTER", "false", value="true"),
    *ignored("MAX_PROMPT_ADAPTERS", "1", value="2"),
    *ignored("MAX_PROMPT_ADAPTER_TOKEN", "0", value="8"),
    Row(
        {"QLORA_ADAPTER_NAME_OR_PATH": "o/q"},
        ["--lora-modules", '{"name": "qlora", "path": "o/q"}', "--enable-lora"],
        warnings=1,
    ),
]


def speculative(warnings: int = 1, **environment: str) -> Row:
    """Return a row of speculative decoding by n-grams, with three tokens."""
    config = {"method": "ngram", "num_speculative_tokens": 3, "prompt_lookup_max": 4}
    return Row(environment, ["--speculative-config", json.dumps(config)], warnings=warnings)


SPECULATION = [
    passed("SPECULATIVE_CONFIG", '{"method": "ngram", "num_speculative_tokens": 3}'),
    Row(
        {"SPECULATIVE_CONFIG": "{'method': 'ngram', 'num_speculative_tokens': 3}", "SPECULATIVE_MODEL": "o/x"},
        ["--speculative-config", '{"method": "ngram", "num_speculative_tokens": 3}'],
        warnings=1,
    ),
    Row(
        {"SPECULATIVE_MODEL": "org/x-EAGLE3", "NUM_SPECULATIVE_TOKENS": "3"},
        [
            "--speculative-config",
            '{"method": "eagle3", "num_speculative_tokens": 3, "model": "org/x-EAGLE3"}',
        ],
        warnings=1,
    ),
    Row({"NUM_SPECULATIVE_TOKENS": "3"}, warnings=1),
    *(
        Row({name: "0"}, warnings=1)
        for name in (
            "NUM_SPECULATIVE_TOKENS",
            "SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE",
            "SPECULATIVE_MAX_MODEL_LEN",
            "SPECULATIVE_DISABLE_BY_BATCH_SIZE",
            "NGRAM_PROMPT_LOOKUP_MAX",
            "NGRAM_PROMPT_LOOKUP_MIN",
            "TYPICAL_ACCEPTANCE_SAMPLER_POSTERIOR_THRESHOLD",
            "TYPICAL_ACCEPTANCE_SAMPLER_POSTERIOR_ALPHA",
        )
    ),
    *ignored("SPEC_DECODING_ACCEPTANCE_METHOD", "rejection_sampler", value="typical_acceptance_sampler"),
    *ignored("TYPICAL_ACCEPTANCE_SAMPLER_POSTERIOR_THRESHOLD", value="0.09"),
    *ignored("TYPICAL_ACCEPTANCE_SAMPLER_POSTERIOR_ALPHA", value="0.3"),
    *ignored("DISABLE_LOGPROBS_DURING_SPEC_DECODING", "false", value="true"),
]
OPENAI = [
    *(
        Row({"GUIDED_DECODING_BACKEND": text}, ["--structured-outputs-config", json.dumps({"backend": text})], {}, 1)
        for text in ("outlines", "lm-format-enforcer")
    ),
    Row(
        {"GUIDED_DECODING_BACKEND": "outlines", "STRUCTURED_OUTPUTS_CONFIG": '{"backend": "xgrammar"}'},
        ["--structured-outputs-config", '{"backend": "xgrammar"}'],
        warnings=1,
    ),
    passed("STRUCTURED_OUTPUTS_CONFIG", '{"backend": "xgrammar"}'),
    Row({"ENABLE_AUTO_TOOL_CHOICE": "false"}, ["--no-enable-auto-tool-choice"]),
    Row(
        {"ENABLE_AUTO_TOOL_CHOICE": "true", "TOOL_CALL_PARSER": "hermes"},
        ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"],
    ),
    passed("REASONING_PARSER", "qwen3"),
    Row({"ENABLE_REASONING": "true", "REASONING_PARSER": "qwen3"}, ["--reasoning-parser", "qwen3"], warnings=1),
    Row({"ENABLE_REASONING": "false"}),
    *(
        row
        for name in (
            "EXCLUDE_TOOLS_WHEN_TOOL_CHOICE_NONE",
            "RETURN_TOKENS_AS_TOKEN_IDS",
            "TRUST_REQUEST_CHAT_TEMPLATE",
            "ENABLE_PROMPT_TOKENS_DETAILS",
            "ENABLE_FORCE_INCLUDE_USAGE",
            "LOG_ERROR_STACK",
        )
        for row in switch(name)
    ),
    Row({"ENABLE_LOG_OUTPUTS": "true"}, ["--enable-log-requests", "--enable-log-outputs"]),
    Row({"OPENAI_SERVED_MODEL_NAME_OVERRIDE": "gpt"}, ["--served-model-name", "gpt", "org/m"]),
    Row({"OPENAI_SERVED_MODEL_NAME_OVERRIDE": ""}),
    Row({"SERVED_MODEL_NAME": "a,b"}, ["--served-model-name", "a", "b"]),
    Row(
        {"SERVED_MODEL_NAME": "a", "OPENAI_SERVED_MODEL_NAME_OVERRIDE": "gpt"},
        ["--served-model-name", "gpt", "a", "org/m"],
    ),
    Row({"OPENAI_SERVED_MODEL_NAME_OVERRIDE": "my gpt,b"}, ["--served-model-name", "my gpt", "b", "org/m"]),
    Row({"SERVED_MODEL_NAME": "my gpt, b"}, ["--served-model-name", "my gpt", "b"]),
    Row({"OPENAI_RESPONSE_ROLE": "bot"}, ["--response-role", "bot"]),
    passed("RESPONSE_ROLE", "bot"),
    Row({"LIMIT_MM_PER_PROMPT": "image=1,video=0"}, ["--limit-mm-per-prompt", '{"image": 1, "video": 0}'], {}, 1),
    passed("LIMIT_MM_PER_PROMPT", '{"image": 2}'),
    passed("MM_PROCESSOR_KWARGS", '{"a": 1}'),
    passed("MEDIA_IO_KWARGS", '{"video": {"fps": 1}}'),
]
LOGS = [
    Row({"DISABLE_LOG_STATS": "true"}, ["--disable-log-stats"]),
    Row({"DISABLE_LOG_STATS": "0"}),
    Row({"DISABLE_LOG_REQUESTS": "true"}),
    Row({"DISABLE_LOG_REQUESTS": "false"}, ["--enable-log-requests"], warnings=1),
    Row({"DISABLE_LOGGING_REQUEST": "0"}, ["--enable-log-requests"], warnings=1),
    Row({"DISABLE_LOGGING_REQUEST": "False", "DISABLE_LOG_REQUESTS": "True"}),
    *switch("ENABLE_LOG_REQUESTS"),
    passed("MAX_LOG_LEN", "100"),
    passed("OTLP_TRACES_ENDPOINT", "http://host:4317"),
    passed("UVICORN_LOG_LEVEL", "warning"),
]
WORKER = [
    *consumed("base_path", "/models", BASE_PATH="/models"),
    *consumed("max_concurrency", 7, MAX_CONCURRENCY="7"),
    *consumed("default_batch_size", 30, DEFAULT_BATCH_SIZE="30", BATCH_SIZE="30"),
    *consumed("default_min_batch_size", 2, DEFAULT_MIN_BATCH_SIZE="2", MIN_BATCH_SIZE="2"),
    *consumed(
        "default_batch_size_growth_factor",
        1.5,
        DEFAULT_BATCH_SIZE_GROWTH_FACTOR="1.5",
        BATCH_SIZE_GROWTH_FACTOR="1.5",
    ),
    Row({"MIN_BATCH_SIZE": "3", "DEFAULT_MIN_BATCH_SIZE": "2"}, settings={"default_min_batch_size": 2}),
    *consumed("batch_max_delay_ms", 0.0, BATCH_MAX_DELAY_MS="0"),
    *consumed("default_max_tokens", 100, DEFAULT_MAX_TOKENS="100"),
    *consumed("standard_output", "openai", STANDARD_OUTPUT="openai", RUNPOD_STANDARD_OUTPUT="OpenAI"),
    *consumed("raw_openai_output", False, RAW_OPENAI_OUTPUT="0"),
    *consumed("allow_openai_format", False, ALLOW_OPENAI_FORMAT="False"),
    *consumed("refresh_worker", True, REFRESH_WORKER="true"),
    *consumed("request_timeout", 60.0, REQUEST_TIMEOUT="60"),
    *consumed("startup_timeout", 900.0, VLLM_STARTUP_TIMEOUT="900", DRAGOMAN_STARTUP_TIMEOUT="900"),
    *consumed("runpod_ping_interval", 500, RUNPOD_PING_INTERVAL="500"),
    *consumed("runpod_log_level", "WARN", RUNPOD_LOG_LEVEL="WARN", RUNPOD_DEBUG_LEVEL="warn"),
    Row({"RUNPOD_LOG_LEVEL": "", "RAW_OPENAI_OUTPUT": "None"}, settings={"runpod_log_level": "INFO"}),
    Row(
        {},
        settings={
            "max_concurrency": 300,
            "default_batch_size": 50,
            "default_min_batch_size": 1,
            "default_batch_size_growth_factor": 3,
            "batch_max_delay_ms": 100,
            "default_max_tokens": 16,
            "standard_output": "runpod",
            "raw_openai_output": True,
            "allow_openai_format": True,
            "refresh_worker": False,
            "request_timeout": 3600,
            "base_path": "/runpod-volume",
            "startup_timeout": None,
            "port": 8000,
            "health_port": None,
        },
    ),
    Row(
        {"PORT": "81", "PORT_HEALTH": "82", "HOST": "h", "API_KEY": "k", "VLLM_API_KEY": "k", "CONFIG": "c"},
        settings={"port": 8000, "health_port": None, "host": "0.0.0.0", "api_key": None, "config": None},
    ),
    *ignored("VLLM_PORT", "8000", value="9000"),
    *ignored("API_SERVER_COUNT", "1", value="4"),
    *ignored("TRANSFORMERS_VERSION", "", value="4.57.0"),
    *ignored("ENABLE_SSL_REFRESH", "false", value="true"),
    *ignored("H11_MAX_HEADER_COUNT", "256", value="100"),
    Row({"VLLM_EXTRA_ARGS": "--seed 3 --served-model-name 'a b'"}, ["--seed", "3", "--served-model-name", "a b"]),
    Row({"HF_HUB_ENABLE_HF_TRANSFER": "1", "RAYON_NUM_THREADS": "4", "TENSORIZE": "1", "WORKER_CUDA_VERSION": "12"}),
    Row({"PYTORCH_ALLOC_CONF": "expandable_segments:True", "VLLM_USE_DEEP_GEMM": "0"}),
]
DROPPED = [
    *(
        row
        for name in (
            "DISABLE_FRONTEND_MULTIPROCESSING",
            "ENABLE_LORA_BIAS",
            "GUIDED_DECODING_DISABLE_FALLBACK",
            "CALCULATE_KV_SCALES",
        )
        for row in ignored(name, "false", value="true")
    ),
    *ignored("LOGITS_PROCESSOR_PATTERN", value=".*"),
    *ignored("OVERRIDE_ATTENTION_DTYPE", value="float32"),
    *ignored("MAX_LONG_PARTIAL_PREFILLS", "1", value="2"),
    *ignored("MAX_NUM_PARTIAL_PREFILLS", "1", value="2"),
    Row({"DISABLE_MM_PREPROCESSOR_CACHE": "true"}, ["--mm-processor-cache-gb", "0.0"], warnings=1),
    Row({"ENABLE_MULTIMODAL_ENCODER_DATA_PARALLEL": "true"}, ["--mm-encoder-tp-mode", "data"], warnings=1),
    Row({"EPLB_STEP_INTERVAL": "5"}, ["--eplb-config", '{"step_interval": 5}'], warnings=1),
    Row({"EPLB_WINDOW_SIZE": "5"}, ["--eplb-config", '{"window_size": 5}'], warnings=1),
    Row({"EPLB_LOG_BALANCEDNESS": "1"}, ["--eplb-config", '{"log_balancedness": true}'], warnings=1),
    Row({"NUM_REDUNDANT_EXPERTS": "0"}),
    Row(
        {"GUIDED_DECODING_DISABLE_ANY_WHITESPACE": "true"},
        ["--structured-outputs-config", '{"disable_any_whitespace": true, "backend": "xgrammar"}'],
        warnings=1,
    ),
    Row(
        {"GUIDED_DECODING_DISABLE_ADDITIONAL_PROPERTIES": "true"},
        ["--structured-outputs-config", '{"disable_additional_properties": true, "backend": "guidance"}'],
        warnings=1,
    ),
    Row({"OVERRIDE_POOLER_CONFIG": '{"pooling_type": "CLS"}'}, ["--pooler-config", '{"pooling_type": "CLS"}'], {}, 1),
    Row({"POOLER_CONFIG": '{"pooling_type": "CLS"}'}, ["--pooler-config", '{"pooling_type": "CLS"}']),
]
ROWS = [*MODEL, *PARALLELISM, *GPUS, *MEMORY, *LORA, *SPECULATION, *OPENAI, *LOGS, *WORKER, *DROPPED]

# What cannot be, and how the error begins.
MISTAKES = [
    ({"MODEL_NAME": ""}, "MODEL_NAME is not set: "),
    ({"TRUST_REMOTE_CODE": "maybe"}, "trust_remote_code: 'maybe' is not a boolean"),
    ({"RAW_OPENAI_OUTPUT": "perhaps"}, "raw_openai_output: 'perhaps' is not a boolean"),
    ({"QUANTIZATION": "squeezellm"}, "quantization 'squeezellm' (variable QUANTIZATION) is gone: "),
    ({"QUANTIZATION": "bitsandbytes"}, "quantization 'bitsandbytes' (variable QUANTIZATION) is gone: "),
    ({"LOAD_FORMAT": "bitsandbytes"}, "load_format 'bitsandbytes' (variable LOAD_FORMAT) is gone: "),
    (
        {"ENABLE_AUTO_TOOL_CHOICE": "true"},
        "enable_auto_tool_choice True (variable ENABLE_AUTO_TOOL_CHOICE) needs ",
    ),
    ({"ENABLE_REASONING": "true"}, "enable_reasoning True (variable ENABLE_REASONING) needs reasoning_parser"),
    ({"MAX_LORA_RANK": "1024"}, "max_lora_rank: 1024 is not one of 1, 8, "),
    ({"MAX_CONCURRENCY": "0"}, "max_concurrency: 0 is not at least 1 (variable MAX_CONCURRENCY)"),
    ({"MAX_CONCURRENCY": "many"}, "max_concurrency: 'many' is not an integer"),
    ({"STANDARD_OUTPUT": "xml"}, "standard_output: 'xml' is not one of runpod, openai"),
    ({"RUNPOD_LOG_LEVEL": "LOUD"}, "runpod_log_level: 'LOUD' is not one of NOTSET, "),
    ({"RUNPOD_PING_INTERVAL": "0"}, "runpod_ping_interval: 0 is not at least 1"),
    ({"ROPE_SCALING": "yarn"}, "rope_scaling: 'yarn' is not JSON (variable ROPE_SCALING)"),
    ({"TASK": "sing"}, "task: 'sing' is not one of auto, "),
    ({"WORKER_USE_RAY": "true"}, "distributed_executor_backend 'ray' (variable WORKER_USE_RAY) needs Ray"),
    (
        {"MAX_NUM_BATCHED_TOKENS": "10", "MAX_MODEL_LEN": "20", "ENABLE_CHUNKED_PREFILL": "0", "MAX_NUM_SEQS": "1"},
        "max_num_batched_tokens 10 (variable MAX_NUM_BATCHED_TOKENS) is less than max_model_len 20",
    ),
    ({"ENABLE_LOG_OUTPUTS": "true", "ENABLE_LOG_REQUESTS": "false"}, "enable_log_outputs True (variable ENABLE_LOG_OU"),
]
