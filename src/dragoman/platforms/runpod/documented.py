"""The variables of worker-vllm's documents, forms and images, and what each does now."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dragoman.forms import words
from dragoman.forms.markdown import code, table
from dragoman.platforms.runpod.configuration.inherited import INHERITED
from dragoman.settings.catalogue import Catalogue, Setting

TOPICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Model and tokenizer": (
            *("MODEL_NAME", "MODEL", "MODEL_REVISION", "MODEL_NAME_REVISION", "REVISION", "CODE_REVISION"),
            *("TOKENIZER", "TOKENIZER_NAME", "TOKENIZER_REVISION", "TOKENIZER_MODE", "SKIP_TOKENIZER_INIT"),
            *("TOKENIZER_POOL_SIZE", "TOKENIZER_POOL_TYPE", "TOKENIZER_POOL_EXTRA_CONFIG", "CUSTOM_CHAT_TEMPLATE"),
            *("CHAT_TEMPLATE", "CHAT_TEMPLATE_CONTENT_FORMAT", "TRUST_REMOTE_CODE", "HF_TOKEN", "DOWNLOAD_DIR"),
            *("LOAD_FORMAT", "CONFIG_FORMAT", "DTYPE", "KV_CACHE_DTYPE", "QUANTIZATION", "QUANTIZATION_PARAM_PATH"),
            *("MAX_MODEL_LEN", "MAX_MODEL_LENGTH", "MAX_SEQ_LEN_TO_CAPTURE", "MAX_CONTEXT_LEN_TO_CAPTURE"),
            *("ROPE_SCALING", "ROPE_THETA", "HF_OVERRIDES", "IGNORE_PATTERNS", "MODEL_LOADER_EXTRA_CONFIG", "SEED"),
            *("TASK", "RUNNER", "CONVERT", "OVERRIDE_POOLER_CONFIG", "LOGITS_PROCESSOR_PATTERN"),
        ),
        "Several GPUs": (
            *("TENSOR_PARALLEL_SIZE", "PIPELINE_PARALLEL_SIZE", "DISTRIBUTED_EXECUTOR_BACKEND", "WORKER_USE_RAY"),
            "ENGINE_USE_RAY",
            *("RAY_WORKERS_USE_NSIGHT", "MAX_PARALLEL_LOADING_WORKERS", "VLLM_CPU_FRACTION"),
            *("DISABLE_CUSTOM_ALL_REDUCE", "ENABLE_EXPERT_PARALLEL", "DEVICE", "NUM_GPU_BLOCKS_OVERRIDE"),
            *("CPU_OFFLOAD_GB", "EPLB_LOG_BALANCEDNESS", "EPLB_STEP_INTERVAL", "EPLB_WINDOW_SIZE"),
            *("NUM_REDUNDANT_EXPERTS", "ENABLE_MULTIMODAL_ENCODER_DATA_PARALLEL"),
        ),
        "Memory, scheduling, cache": (
            *("GPU_MEMORY_UTILIZATION", "BLOCK_SIZE", "SWAP_SPACE", "ENFORCE_EAGER", "ENABLE_PREFIX_CACHING"),
            *("DISABLE_SLIDING_WINDOW", "USE_V2_BLOCK_MANAGER", "NUM_LOOKAHEAD_SLOTS", "MAX_NUM_BATCHED_TOKENS"),
            *("MAX_NUM_SEQS", "MAX_LOGPROBS", "SCHEDULER_DELAY_FACTOR", "ENABLE_CHUNKED_PREFILL", "PREEMPTION_MODE"),
            *("PREEMPTION_CHECK_PERIOD", "PREEMPTION_CPU_CAPACITY", "ASYNC_SCHEDULING", "STREAM_INTERVAL"),
            *(
                "NUM_SCHEDULER_STEPS",
                "MULTI_STEP_STREAM_OUTPUTS",
                "MAX_NUM_PARTIAL_PREFILLS",
                "MAX_LONG_PARTIAL_PREFILLS",
                "CUDA_GRAPH_SIZES",
            ),
            *("ATTENTION_BACKEND", "VLLM_ATTENTION_BACKEND", "CALCULATE_KV_SCALES", "OVERRIDE_ATTENTION_DTYPE"),
            *("KV_OFFLOADING_BACKEND", "KV_TRANSFER_CONFIG"),
        ),
        "Adapters": (
            *("ENABLE_LORA", "LORA_MODULES", "MAX_LORAS", "MAX_LORA_RANK", "MAX_CPU_LORAS", "LORA_DTYPE"),
            *("FULLY_SHARDED_LORAS", "LORA_EXTRA_VOCAB_SIZE", "LONG_LORA_SCALING_FACTORS", "ENABLE_LORA_BIAS"),
            *("ENABLE_PROMPT_ADAPTER", "MAX_PROMPT_ADAPTERS", "MAX_PROMPT_ADAPTER_TOKEN"),
            "QLORA_ADAPTER_NAME_OR_PATH",
        ),
        "Speculative decoding": (
            *("SPECULATIVE_CONFIG", "SPECULATIVE_METHOD", "SPECULATIVE_MODEL", "NUM_SPECULATIVE_TOKENS"),
            *("SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE", "SPECULATIVE_MAX_MODEL_LEN"),
            *("SPECULATIVE_DISABLE_BY_BATCH_SIZE", "NGRAM_PROMPT_LOOKUP_MAX", "NGRAM_PROMPT_LOOKUP_MIN"),
            *(
                "SPECULATIVE_QUANTIZATION",
                "SPECULATIVE_MODEL_QUANTIZATION",
                "SPECULATIVE_MODEL_REVISION",
                "SPECULATIVE_ENFORCE_EAGER",
            ),
            *("SPEC_DECODING_ACCEPTANCE_METHOD", "TYPICAL_ACCEPTANCE_SAMPLER_POSTERIOR_THRESHOLD"),
            *("TYPICAL_ACCEPTANCE_SAMPLER_POSTERIOR_ALPHA", "DISABLE_LOGPROBS_DURING_SPEC_DECODING"),
        ),
        "OpenAI, tools, structured output": (
            *("OPENAI_SERVED_MODEL_NAME_OVERRIDE", "SERVED_MODEL_NAME", "OPENAI_RESPONSE_ROLE", "RESPONSE_ROLE"),
            *("RAW_OPENAI_OUTPUT", "ALLOW_OPENAI_FORMAT", "ENABLE_AUTO_TOOL_CHOICE", "TOOL_CALL_PARSER"),
            *("REASONING_PARSER", "ENABLE_REASONING", "GUIDED_DECODING_BACKEND", "STRUCTURED_OUTPUTS_CONFIG"),
            *("GUIDED_DECODING_DISABLE_ADDITIONAL_PROPERTIES", "GUIDED_DECODING_DISABLE_ANY_WHITESPACE"),
            *("GUIDED_DECODING_DISABLE_FALLBACK", "EXCLUDE_TOOLS_WHEN_TOOL_CHOICE_NONE", "RETURN_TOKENS_AS_TOKEN_IDS"),
            *("TRUST_REQUEST_CHAT_TEMPLATE", "ENABLE_PROMPT_TOKENS_DETAILS", "ENABLE_FORCE_INCLUDE_USAGE"),
            *("LIMIT_MM_PER_PROMPT", "MM_PROCESSOR_KWARGS", "MEDIA_IO_KWARGS", "DISABLE_MM_PREPROCESSOR_CACHE"),
        ),
        "Logs": (
            *("DISABLE_LOG_STATS", "DISABLE_LOG_REQUESTS", "DISABLE_LOGGING_REQUEST", "ENABLE_LOG_REQUESTS"),
            *("ENABLE_LOG_OUTPUTS", "LOG_ERROR_STACK", "MAX_LOG_LEN", "OTLP_TRACES_ENDPOINT", "UVICORN_LOG_LEVEL"),
        ),
        "Jobs and streams": (
            *("MAX_CONCURRENCY", "DEFAULT_BATCH_SIZE", "DEFAULT_MIN_BATCH_SIZE", "MIN_BATCH_SIZE"),
            *("DEFAULT_BATCH_SIZE_GROWTH_FACTOR", "BATCH_SIZE_GROWTH_FACTOR", "BATCH_MAX_DELAY_MS"),
            *("DEFAULT_MAX_TOKENS", "STANDARD_OUTPUT", "REQUEST_TIMEOUT", "REFRESH_WORKER"),
        ),
        "Worker and image": (
            *("BASE_PATH", "HF_HOME", "HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE", "HF_DATASETS_CACHE"),
            *("HF_HUB_ENABLE_HF_TRANSFER", "HF_TRANSFER", "TRANSFORMERS_OFFLINE", "HF_HUB_OFFLINE"),
            *("VLLM_EXTRA_ARGS", "VLLM_CONFIG_FILE", "VLLM_PORT", "VLLM_BASE_URL", "VLLM_STARTUP_TIMEOUT"),
            *("VLLM_API_KEY", "API_KEY", "HOST", "PORT", "PORT_HEALTH", "DISABLE_FRONTEND_MULTIPROCESSING"),
            *("RUNPOD_LOG_LEVEL", "RUNPOD_DEBUG_LEVEL", "RUNPOD_PING_INTERVAL", "TRANSFORMERS_VERSION"),
            *("PYTORCH_ALLOC_CONF", "VLLM_USE_DEEP_GEMM", "TOKENIZERS_PARALLELISM", "RAYON_NUM_THREADS"),
            *("RAY_METRICS_EXPORT_ENABLED", "RAY_DISABLE_USAGE_STATS", "WORKER_CUDA_VERSION", "TESTING_DOWNLOAD"),
            *("TENSORIZE", "TENSORIZER_NUM_GPUS", "TENSORIZER_URI"),
        ),
    }
)
# What the worker does about a variable, beside what its setting says.
NOTES: Mapping[str, str] = MappingProxyType(
    {
        "MODEL_NAME": "Required.",
        "TOKENIZER_MODE": "`slow` becomes `hf`, with a warning.",
        "SKIP_TOKENIZER_INIT": "Requests have to bring token ids then.",
        "CUSTOM_CHAT_TEMPLATE": r"A written-out `\n` is a new line where there is no real one.",
        "LOAD_FORMAT": "`bitsandbytes` is an error unless a plugin has it.",
        "QUANTIZATION": "In any case; `squeezellm`, and `bitsandbytes` without a plugin, are errors that say why.",
        "MAX_MODEL_LEN": "Also `8k`, `8K` and `auto`.",
        "TENSOR_PARALLEL_SIZE": "All GPUs where it is not set; never more than there are, with a warning.",
        "MAX_PARALLEL_LOADING_WORKERS": "Ignored with more than one GPU, with a warning.",
        "GPU_MEMORY_UTILIZATION": "0.95 on GPUs where it is not set.",
        "LORA_MODULES": "A JSON list, one object, or `name=path`; it implies ENABLE_LORA.",
        "LORA_DTYPE": "`float32` becomes `auto`, with a warning.",
        "MAX_LORA_RANK": "A number between two choices becomes the larger one, with a warning.",
        "SPECULATIVE_CONFIG": "The variables for its fields give way to it.",
        "SPECULATIVE_MODEL": "`[ngram]` chooses n-grams; otherwise its name tells the method.",
        "SPECULATIVE_DISABLE_BY_BATCH_SIZE": "It needs NUM_SPECULATIVE_TOKENS.",
        "SERVED_MODEL_NAME": "Several with commas between them.",
        "ENABLE_AUTO_TOOL_CHOICE": "An error without TOOL_CALL_PARSER.",
        "LIMIT_MM_PER_PROMPT": "JSON, or `image=1,video=0`.",
        "ENABLE_LOG_OUTPUTS": "It implies ENABLE_LOG_REQUESTS.",
        "VLLM_CONFIG_FILE": "/vllm_config.yaml where it is not set and there is one.",
        "KV_OFFLOADING_BACKEND": "`lmcache` brings `--disable-hybrid-kv-cache-manager` along.",
        "KV_TRANSFER_CONFIG": "A connector of LMCache's brings `--disable-hybrid-kv-cache-manager` along.",
    }
)
# Variables that are no settings.
OTHERS: Mapping[str, str] = MappingProxyType(
    {
        **INHERITED,
        "VLLM_EXTRA_ARGS": "Flags of vLLM, quoted as in a shell; stronger than all other variables.",
        "HF_TRANSFER": "Ignored: a slip in the oldest images, for HF_HUB_ENABLE_HF_TRANSFER.",
    }
)


def variables(catalogue: Catalogue) -> str:
    """Return the tables of what each documented variable does now, by topic."""
    settings = {variable: setting for setting in catalogue for variable in setting.variables}
    return "\n\n".join(_table(topic, names, settings) for topic, names in TOPICS.items())


def _table(topic: str, names: tuple[str, ...], settings: Mapping[str, Setting]) -> str:
    rows = ((code(name), " ".join(_fate(name, settings))) for name in names)
    return f"### {topic}\n\n{table(('Variable', 'What happens now'), rows)}"


def _fate(variable: str, settings: Mapping[str, Setting]) -> Iterator[str]:
    if variable in OTHERS:
        yield OTHERS[variable]
    elif (strongest := _strongest(settings[variable])) != variable:
        yield f"Another name for {code(strongest)}."
    else:
        yield words.fate(settings[variable])
    if variable in NOTES:
        yield NOTES[variable]


def _strongest(setting: Setting) -> str:
    """Return the strongest variable for a setting that the documents know."""
    documented = {name for names in TOPICS.values() for name in names}
    return next(variable for variable in setting.variables if variable in documented)
