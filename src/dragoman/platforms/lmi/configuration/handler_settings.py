"""The settings of LMI's handler that are not vLLM's: `option.<name>` in serving.properties."""

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.platforms.lmi.configuration.entries import ignored, option, translated

_PACKAGES = "the worker runs with the packages of its image"
_OWN_CODE = "the worker runs no code of the model's; vLLM does all that the built-in handlers do"
_SESSIONS = "sessions are kept in the worker's memory"

WORKER = (
    option("rolling_batch", "word", default="disable", help="`vllm` gives answers the shapes of LMI's rolling batch."),
    option(
        "async_mode",
        "bool",
        default=True,
        help="Answers have the shapes of the newest LMI, unless rolling_batch says no.",
    ),
    option(
        "output_formatter",
        "word",
        help="How answers to inputs travel: json, jsonlines or sse; a request may ask for another.",
    ),
    option("tgi_compat", "bool", default=False, help="Answer as Text Generation Inference does."),
    option("bedrock_compat", "bool", default=False, help="Read and answer requests in Bedrock's schema."),
    option("normalize", "bool", default=True, help="Scale embeddings to length 1."),
    option(
        "predict_timeout",
        "float",
        default=240.0,
        bounds={"gt": 0},
        help="How many seconds a whole answer, or the first piece of a stream, may take.",
    ),
    option(
        "model_loading_timeout",
        "float",
        default=1200.0,
        bounds={"gt": 0},
        help="How many seconds the model may take to load: startup_timeout, where that is not set.",
    ),
    option("enable_stateful_sessions", "bool", default=True, help="Let clients open sessions."),
    option(
        "sessions_expiration",
        "float",
        default=1200.0,
        bounds={"gt": 0},
        help="How many seconds a session lasts.",
    ),
    option("lmcache_config_file", help="LMCache's YAML file, in the model directory unless its path is absolute."),
    option("env", secret=True, help="Variables for the engine's processes: `NAME=value,NAME=value`."),
)
TRANSLATED = (
    translated(option("tensor_parallel_degree", "word"), "tensor_parallel_size; `max` is all GPUs"),
    translated(
        option("pipeline_parallel_degree", "int", bounds={"ge": 1}), "pipeline_parallel_size; only 1 is possible"
    ),
    translated(option("max_rolling_batch_size", "int", bounds={"ge": 1}), "max_num_seqs"),
    translated(option("hf_task", "word", key="task"), "runner and convert"),
    translated(option("draft_model_id"), "model of speculative_config"),
    translated(option("spec_length", "int", bounds={"ge": 0}), "num_speculative_tokens of speculative_config"),
    translated(option("lmcache_auto_config", "bool"), "kv_transfer_config with LMCache's connector"),
)
IDLE = (
    ignored(
        option("entry_point", key="entrypoint"),
        _OWN_CODE,
        "djl_python.huggingface",
        "djl_python.lmi_vllm.vllm_async_service",
    ),
    ignored(option("handler"), _OWN_CODE, "handle"),
    ignored(option("mpi_mode", "bool"), "vLLM starts its own processes, without MPI"),
    ignored(option("enable_streaming", "word"), 'a request asks for a stream itself, with `"stream": true`', "false"),
    ignored(option("waiting_steps", "int"), "vLLM schedules new requests by itself", 0),
    ignored(option("stop_sequence"), "requests say themselves where their answers stop, with stop_sequences"),
    ignored(option("parallel_loading", "bool"), "there is one worker"),
    ignored(option("max_output_size", "int"), "answers have no limit in bytes", 60 * 2**20),
    ignored(option("enable_venv", "bool"), _PACKAGES),
    ignored(option("python_executable", key="pythonexecutable"), _PACKAGES, "python", "python3"),
    ignored(option("sessions_path"), _SESSIONS),
    ignored(option("sessions_s3url"), _SESSIONS),
    ignored(option("model_file_name", key="modelname"), "vLLM finds the model's files; SERVING_LOAD_MODELS names it"),
    ignored(option("adapters"), "adapters are looked for in the folder adapters", "adapters"),
)
SETTINGS = (*WORKER, *TRANSLATED, *IDLE)

# More names of settings, LMI's or vLLM's, after `option.` and in small letters.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "model_id": "model",
        "s3url": "model",
        "quantize": "quantization",
        "max_rolling_batch_prefill_tokens": "max_num_batched_tokens",
        "cpu_offload_gb_per_gpu": "cpu_offload_gb",
        "speculative_draft_model": "draft_model_id",
        "engine": "engine",
    }
)
