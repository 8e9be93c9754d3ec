"""The options and variables of LMI's documents, and what each does now."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dragoman.forms import words
from dragoman.forms.markdown import code, table
from dragoman.platforms.lmi.configuration.entries import OPTION_VARIABLE
from dragoman.platforms.lmi.configuration.keys import OPTION_KEY, setting_for
from dragoman.platforms.lmi.configuration.variables import IDLE, SAGEMAKER, TRANSLATED
from dragoman.settings.catalogue import Catalogue, Setting


def _options(*keys: str) -> tuple[str, ...]:
    return tuple(OPTION_KEY + key for key in keys)


# The keys of serving.properties.
TOPICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Model": (
            *_options("model_id", "s3url", "revision", "trust_remote_code", "dtype", "load_format", "quantize"),
            *_options("quantization", "max_model_len", "task", "normalize", "tokenizer", "tokenizer_mode"),
            *_options("chat_template", "chat_template_content_format", "served_model_name", "download_dir"),
            *_options("hf_overrides", "seed", "device", "modelName"),
        ),
        "GPUs, memory, batches": (
            *_options("tensor_parallel_degree", "tensor_parallel_size", "pipeline_parallel_degree"),
            *_options("pipeline_parallel_size", "max_rolling_batch_size", "max_num_seqs"),
            *_options("max_rolling_batch_prefill_tokens", "max_num_batched_tokens", "gpu_memory_utilization"),
            *_options("enforce_eager", "cpu_offload_gb_per_gpu", "cpu_offload_gb", "swap_space", "block_size"),
            *_options("kv_cache_dtype", "enable_prefix_caching", "enable_chunked_prefill", "enable_expert_parallel"),
            *_options("max_logprobs", "disable_custom_all_reduce", "distributed_executor_backend"),
            *_options("kv_transfer_config", "lmcache_config_file", "lmcache_auto_config"),
        ),
        "Adapters": _options(
            *("enable_lora", "max_loras", "max_lora_rank", "max_cpu_loras", "fully_sharded_loras", "lora_dtype"),
            *("lora_extra_vocab_size", "long_lora_scaling_factors", "adapters"),
        ),
        "Speculative decoding": _options(
            "speculative_config", "draft_model_id", "speculative_draft_model", "spec_length"
        ),
        "Tools, reasoning, images": _options(
            *("enable_auto_tool_choice", "tool_call_parser", "enable_reasoning", "reasoning_parser"),
            *("limit_mm_per_prompt", "mm_processor_kwargs"),
        ),
        "Answers": _options(
            *("rolling_batch", "async_mode", "output_formatter", "tgi_compat", "bedrock_compat", "enable_streaming"),
            *("stop_sequence", "waiting_steps", "max_output_size"),
        ),
        "Handler": (
            "engine",
            *_options("engine", "entryPoint", "handler", "mpi_mode", "env", "enable_venv", "pythonExecutable"),
        ),
        "Sessions": _options("enable_stateful_sessions", "sessions_expiration", "sessions_path", "sessions_s3url"),
        "Timeouts, queue, workers": (
            *_options("predict_timeout", "model_loading_timeout", "parallel_loading"),
            *("chunked_read_timeout", "max_request_size", "job_queue_size", "batch_size", "max_dynamic_batch_size"),
            *("max_batch_delay", "max_idle_time", "minWorkers", "maxWorkers", "gpu.minWorkers", "gpu.maxWorkers"),
            *("cpu.minWorkers", "cpu.maxWorkers", "load_on_devices", "required_memory_mb", "gpu.required_memory_mb"),
            *("reserved_memory_mb", "gpu.reserved_memory_mb", "retry_threshold"),
        ),
        "Server": (
            *("allow_multi_status", "bad_request_http_code", "wlm_error_http_code", "throttle_error_http_code"),
            *("timeout_http_code", "server_error_http_code", "error_rate_wlm", "error_rate_server"),
            *("error_rate_model", "error_rate_any", "fail_fast", "health_check_override", "wait_model_loading"),
            *("prometheus", "log_request_metric", "metrics_aggregation", "metric_dimension", "management_address"),
            *("cluster_address", "cors_allowed_origin", "cors_allowed_origins", "cors_allowed_methods"),
            *("cors_allowed_headers", "keystore", "keystore_pass", "keystore_type", "private_key_file"),
            *("certificate_file", "model_url_pattern", "number_of_netty_threads", "netty_client_threads"),
            *("request_id_header_key", "features", "plugin_folder"),
        ),
    }
)
# What the worker does about an option, beside what its setting says.
NOTES: Mapping[str, str] = MappingProxyType(
    {
        "option.model_id": "A model on the hub, a directory, or `s3://bucket/prefix`; unless set, the model directory.",
        "option.dtype": "Also `fp32`, `fp16` and `bf16`, in any case. `auto` where it is not set.",
        "option.quantize": "In any case. `squeezellm`, and `bitsandbytes` without a plugin, are errors that say why.",
        "option.max_model_len": "Also `8k`, `8K` and `auto`.",
        "option.task": "`text-generation`, `text-embedding`, `feature-extraction`, `classify`, or a word of vLLM's.",
        "option.tokenizer_mode": "`slow` becomes `hf`, with a warning.",
        "option.chat_template": "Jinja, or a file; also one in the model directory.",
        "option.served_model_name": "Unless set: the model's name in paths, its name on the hub, and `lmi`.",
        "option.tensor_parallel_degree": "`max` where it is not set. More than there are GPUs is an error.",
        "option.max_rolling_batch_size": "256 where it is not set. An error beside another max_num_seqs.",
        "option.gpu_memory_utilization": "0.9 on GPUs where it is not set.",
        "option.lmcache_auto_config": "LMCache has to be installed in the image.",
        "option.enable_lora": "The adapters in `adapters/` are served then.",
        "option.max_loras": "4 where it is not set.",
        "option.lora_dtype": "`float32` becomes `auto`, with a warning.",
        "option.max_lora_rank": "A number between two choices becomes the larger one, with a warning.",
        "option.long_lora_scaling_factors": "What are no numbers is an error.",
        "option.draft_model_id": "Ignored, with a warning, without `option.spec_length`.",
        "option.enable_auto_tool_choice": "An error without `option.tool_call_parser`.",
        "option.enable_reasoning": "An error without `option.reasoning_parser`.",
        "option.tool_call_parser": "An unknown one is an error that names those there are.",
        "option.rolling_batch": (
            "`auto` and `lmi-dist` are read as `vllm`; `scheduler`, `deepspeed`, `trtllm` and all others are errors."
        ),
        "option.async_mode": "Beside `rolling_batch=vllm` it is an error.",
        "option.output_formatter": "With `bedrock_compat` also 3p and 3p_stream. An unknown one is a warning.",
        "option.bedrock_compat": "Bodies with a `prompt` only.",
        "engine": "`MPI` and `DeepSpeed` are read as Python, with a warning; any other is an error.",
        "minWorkers": "More is an error.",
        "maxWorkers": "More is an error.",
    }
)


# The variables that are no option's.
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "HF_MODEL_ID": "The model: on the hub, a directory, or `s3://bucket/prefix`.",
        "HF_REVISION": f"{code('option.revision')} of a model of HF_MODEL_ID's on the hub.",
        "HF_TASK": f"{code('option.task')} of a model of HF_MODEL_ID's on the hub.",
        "HF_TOKEN": "The key for private and gated models; huggingface_hub reads it, and nothing shows it.",
        "HF_HOME": "Where huggingface_hub keeps its files; huggingface_hub reads it.",
        "SERVING_LOAD_MODELS": (
            "`[name:version:engine:devices]=url` or a URL alone, `ALL` or `NONE`. Several models are an error."
        ),
        "SERVING_MODEL_STORE": "The directory of models. Default: `/opt/ml/model`; `--model-dir` stands in for it.",
        "SERVING_DOWNLOAD_DIR": "Where models from S3 are kept. Default: `$DJL_CACHE_DIR`, else `/tmp/.djl.ai`.",
        "DJL_CACHE_DIR": "Where models from S3 are kept, unless SERVING_DOWNLOAD_DIR says it.",
        "SERVING_INFERENCE_ADDRESS": "The address to listen at, such as `http://0.0.0.0:8080`.",
        "SAGEMAKER_BIND_TO_PORT": "The port to listen at. Default: `8080`.",
        **{
            variable: f"{' and '.join(map(code, keys))}, whatever serving.properties says."
            for variable, keys in SAGEMAKER.items()
        },
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "`max_request_size` in MiB, unless SAGEMAKER_MAX_REQUEST_SIZE says it.",
        **{variable: f"{code(key)}, where nothing else says it." for variable, key in TRANSLATED.items()},
        "ENABLE_CUDA_GRAPHS": "`option.enforce_eager`, the other way round, where nothing else says it.",
        "LMCACHE_CONFIG_FILE": "LMCache's YAML file; LMCache reads it, and `option.lmcache_config_file` sets it.",
        **{variable: f"Ignored: {reason}." for variable, (reason, _) in IDLE.items()},
        "OMP_NUM_THREADS": "How many threads compute on a CPU.",
        "VLLM_API_KEY": "The key that clients have to show, as in vLLM: `Authorization: Bearer …`.",
        "VLLM_CACHE_ROOT": "Where vLLM keeps what it has compiled and measured for the next start.",
        "VLLM_ENABLE_STARTUP_PLAN": "Keep the measured size of a GPU's KV cache for the next start. Default: `1`.",
        "VLLM_EXTRA_ARGS": "Flags of vLLM, quoted as in a shell; stronger than files and other variables.",
        "SM_NUM_CPUS": "Nothing comes of it.",
        "SM_NUM_NEURONS": "Nothing comes of it.",
    }
)


def options(catalogue: Catalogue) -> str:
    """Return the tables of what each documented option does now, by topic, and after them that of other variables."""
    keys = [key for topic in TOPICS.values() for key in topic]
    settings = {key: catalogue[name] for key in keys if (name := setting_for(key, catalogue))}
    return "\n\n".join((*(_table(topic, keys, settings) for topic, keys in TOPICS.items()), _others()))


def _table(topic: str, keys: tuple[str, ...], settings: Mapping[str, Setting]) -> str:
    header = ("Option", "Variable", "What happens now")
    rows = ((code(key), code(*_variables(key, settings)), " ".join(_fate(key, settings))) for key in keys)
    return f"### {topic}\n\n{table(header, rows)}"


def _others() -> str:
    rows = ((code(name), fate) for name, fate in VARIABLES.items())
    return f"### Other variables\n\n{table(('Variable', 'What happens now'), rows)}"


def _variables(key: str, settings: Mapping[str, Setting]) -> Iterator[str]:
    """Yield the variable that says the same as a key."""
    if key.startswith(OPTION_KEY):
        yield OPTION_VARIABLE + key.removeprefix(OPTION_KEY).upper()
    else:
        yield from settings[key].variables


def _fate(key: str, settings: Mapping[str, Setting]) -> Iterator[str]:
    if (first := _first(settings[key], settings)) != key:
        yield f"Another name for {code(first)}."
    else:
        yield words.fate(settings[key])
    if key in NOTES:
        yield NOTES[key]


def _first(setting: Setting, settings: Mapping[str, Setting]) -> str:
    """Return the first of the keys that set the same."""
    return next(key for key, each in settings.items() if each.name == setting.name)
