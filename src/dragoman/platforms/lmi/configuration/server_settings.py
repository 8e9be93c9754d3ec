"""The settings of the model server: `<name>` in serving.properties, `SERVING_<NAME>` among the variables."""

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.platforms.lmi.configuration.entries import derived, ignored, server

_BATCHES = "vLLM takes each request into its batch at once"
_MEMORY = "vLLM reserves memory itself: gpu_memory_utilization says how much"
_RATES = "the worker's health is that of its engine; /metrics has the rates"
_METRICS = "/metrics and /server/metrics always have them"
_TLS = "ssl_keyfile and ssl_certfile switch TLS on"
_ORIGINS = "the worker answers no browsers of other origins: let the gateway in front of it do that"
_THREADS = "the worker's HTTP server has one event loop"
_ADDRESS = "everything is served at one address, that of host and port"
_CODES = {"ge": 200, "le": 599}

IDENTITY = (
    derived("model_name", "The model's name in paths such as /predictions/<name>."),
    derived("model_version", "The model's version in such paths."),
    derived("model_url", "Where the model was registered from, as /models shows it."),
    derived("properties_dir", "The model's directory: where serving.properties, adapters and the like are."),
)
WORKER = (
    server("engine", "word", default="python", help="Only Python, which is vLLM."),
    server("batch_size", "int", default=1, bounds={"ge": 1}, help="More than 1 switches rolling_batch off."),
    server("min_workers", "int", default=1, help="How many copies of the model are served at least; only 1."),
    server("max_workers", "int", default=1, help="How many copies of the model are served at most; only 1."),
    server(
        "job_queue_size",
        "int",
        default=1000,
        bounds={"ge": 0},
        help="How many requests may wait beside those that run, which max_num_seqs limits.",
    ),
    server(
        "chunked_read_timeout",
        "float",
        default=120.0,
        bounds={"gt": 0},
        help="How many seconds may pass between two pieces of a stream.",
    ),
    server(
        "max_request_size",
        "int",
        bounds={"ge": 1},
        help="How many bytes a request's body may have: max_body_size by the name that LMI has for it.",
    ),
    server("allow_multi_status", "bool", default=False, help="Answer /ping with 207 while the model is loading."),
    server("bad_request_http_code", "int", default=400, bounds=_CODES, help="The status of a request that is none."),
    server("wlm_error_http_code", "int", default=503, bounds=_CODES, help="The status where the queue is full."),
    server("timeout_http_code", "int", default=400, bounds=_CODES, help="The status after predict_timeout."),
    server("server_error_http_code", "int", default=500, bounds=_CODES, help="The status of other failures."),
)
IDLE = (
    ignored(
        server("throttle_error_http_code", "int"), "a full queue has wlm_error_http_code; nothing else throttles", 503
    ),
    ignored(server("max_batch_delay", "int"), _BATCHES, 100),
    ignored(server("max_idle_time", "int"), "the one worker is never scaled down", 60),
    ignored(server("load_on_devices"), "CUDA_VISIBLE_DEVICES says which GPUs are used", "*"),
    ignored(server("required_memory_mb", "int"), _MEMORY, 0, -1),
    ignored(server("reserved_memory_mb", "int"), _MEMORY, 0, -1),
    ignored(server("retry_threshold", "int"), "the worker restarts its engine until it dies again and again", 10, 0),
    ignored(server("log_request_metric", "bool"), _METRICS),
    ignored(server("metrics_aggregation", "int"), _METRICS, 1000),
    ignored(server("metric_dimension"), _METRICS, "model"),
    ignored(server("prometheus", "bool"), _METRICS, True),
    *(ignored(server(f"error_rate_{kind}"), _RATES) for kind in ("wlm", "server", "model", "any")),
    ignored(server("fail_fast", "bool"), "a model that cannot be loaded ends the worker", True),
    ignored(server("health_check_override", "bool"), "the worker's health is that of its engine", True),
    ignored(server("wait_model_loading", "bool"), "the port is open from the first second; /ping says PENDING"),
    *(ignored(server(f"cors_allowed_{part}"), _ORIGINS) for part in ("origin", "origins", "methods", "headers")),
    ignored(server("keystore_pass", secret=True), _TLS),
    *(ignored(server(name), _TLS) for name in ("keystore", "keystore_type", "private_key_file", "certificate_file")),
    ignored(server("model_url_pattern"), "no models can be registered beside the one that is served"),
    ignored(server("number_of_netty_threads", "int"), _THREADS, 0),
    ignored(server("netty_client_threads", "int"), _THREADS, 0),
    ignored(server("management_address"), _ADDRESS),
    ignored(server("cluster_address"), _ADDRESS),
    ignored(
        server("request_id_header_key"),
        "x-request-id and X-Amzn-SageMaker-Inference-Id both are read",
        "x-request-id",
        "X-Amzn-SageMaker-Inference-Id",
    ),
    ignored(server("features"), "the engine is vLLM", "vllm"),
    ignored(server("plugin_folder"), "the worker is not a Java server"),
)
KEYS = (*WORKER, *IDLE)
# Those that are about the model, whose file counts more than variables do.
OF_A_MODEL = frozenset(
    {"engine", "min_workers", "max_workers", "job_queue_size", "batch_size", "max_batch_delay", "max_idle_time"}
    | {"load_on_devices", "reserved_memory_mb"}
)
SETTINGS = (*IDENTITY, *KEYS)

# The other names by which serving.properties has them, in small letters.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "minworkers": "min_workers",
        "maxworkers": "max_workers",
        "gpu.minworkers": "min_workers",
        "gpu.maxworkers": "max_workers",
        "cpu.minworkers": "min_workers",
        "cpu.maxworkers": "max_workers",
        "gpu.required_memory_mb": "required_memory_mb",
        "gpu.reserved_memory_mb": "reserved_memory_mb",
        "max_dynamic_batch_size": "batch_size",
    }
)
