"""Settings that are gone because another one, or another value of one, says the same."""

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.settings.retired.entries import Becomes, Translation, translated
from dragoman.settings.values import Value

# What each task of --task means today.
TASKS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "auto": {},
        "generate": {"runner": "generate"},
        "transcription": {"runner": "generate"},
        "embed": {"runner": "pooling", "convert": "embed"},
        "embedding": {"runner": "pooling", "convert": "embed"},
        "classify": {"runner": "pooling", "convert": "classify"},
        "score": {"runner": "pooling", "convert": "classify"},
        "reward": {"runner": "pooling"},
        "draft": {"runner": "draft"},
    }
)
# Fields of --override-pooler-config that have other names in --pooler-config.
POOLER_FIELDS = MappingProxyType(dict.fromkeys(("normalize", "softmax", "activation"), "use_activation"))
_VERSION = "_VLLM_V1"


def task(name: str) -> Mapping[str, Value]:
    """Return what the task is made of."""
    return TASKS[name]


def if_on(name: str, value: Value) -> Becomes:
    """Return the translation of a switch that gives a setting one value, and nothing when it is off."""
    return lambda on: {name: value} if on else {}


def capture_sizes(sizes: list[int]) -> Mapping[str, Value]:
    """Return the batch sizes; a single one was the largest of a series, which vLLM works out."""
    return {"max_cudagraph_capture_size": sizes[0]} if len(sizes) == 1 else {"cudagraph_capture_sizes": sizes}


def pooler(fields: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return the configuration with the names that its fields have today."""
    return {"pooler_config": {POOLER_FIELDS.get(name, name): value for name, value in fields.items()}}


def attention_backend(name: str) -> Mapping[str, Value]:
    """Return the backend, whose name had the version of the engine in it for a while."""
    return {"attention_backend": name.strip().upper().removesuffix(_VERSION)}


def request_logs(disabled: bool) -> Mapping[str, Value]:
    """Return that requests are logged where somebody asked for it; vLLM no longer does by itself."""
    return {} if disabled else {"enable_log_requests": True}


RULES = (
    Translation(translated("task", "runner and convert", takes="word", choices=tuple(TASKS)), task),
    Translation(
        translated("worker_use_ray", "distributed_executor_backend ray", takes="bool"),
        if_on("distributed_executor_backend", "ray"),
    ),
    Translation(
        translated("engine_use_ray", "distributed_executor_backend ray", takes="bool"),
        if_on("distributed_executor_backend", "ray"),
    ),
    Translation(
        translated(
            "cuda_graph_sizes",
            "cudagraph_capture_sizes, or max_cudagraph_capture_size where it is one number",
            takes="int",
            kind="list",
        ),
        capture_sizes,
    ),
    Translation(translated("vllm_attention_backend", "attention_backend"), attention_backend),
    Translation(translated("override_pooler_config", "pooler_config", takes="json"), pooler),
    Translation(
        translated("disable_mm_preprocessor_cache", "mm_processor_cache_gb 0", takes="bool"),
        if_on("mm_processor_cache_gb", 0.0),
    ),
    Translation(
        translated("enable_multimodal_encoder_data_parallel", "mm_encoder_tp_mode data", takes="bool"),
        if_on("mm_encoder_tp_mode", "data"),
    ),
    Translation(
        translated(
            "disable_log_requests",
            "enable_log_requests where it is false; true is what happens anyway",
            takes="bool",
            variables=("DISABLE_LOGGING_REQUEST",),
        ),
        request_logs,
    ),
)
SETTINGS = tuple(rule.setting for rule in RULES)
