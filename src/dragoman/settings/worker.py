"""The worker's own settings, and the options of vLLM that mean something else in this worker."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dragoman.settings import retired
from dragoman.settings.catalogue import Catalogue, Setting, vllm_settings

PREFIX = "DRAGOMAN_"

# Containers carry these for reasons of their own, so they are read with the prefix only.
COMMON_NAMES = frozenset(
    {"HOST", "PORT", "UDS", "CONFIG", "MIDDLEWARE", "ROOT_PATH", "LOG_LEVEL"}
    | {"MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "NNODES"}
)
# The Hugging Face libraries read it by themselves (HF_TOKEN).
NEVER_SCANNED = frozenset({"hf_token"})

SECRETS = frozenset({"api_key", "hf_token"})

LIMITS = (
    Setting(
        name="max_body_size",
        type="human_int",
        bounds={"ge": 1},
        default=32 * 2**20,
        group="Limits",
        help="How many bytes a request's body may have, such as 64M.",
    ),
    Setting(
        name="max_header_size",
        type="human_int",
        bounds={"ge": 1024},
        default=64 * 2**10,
        group="Limits",
        help="How many bytes a request's first line and headers may have together.",
    ),
    Setting(
        name="max_json_depth",
        type="int",
        bounds={"ge": 1, "le": 500},
        default=64,
        group="Limits",
        help="How deep objects and lists may be nested in a request.",
    ),
    Setting(
        name="max_json_values",
        type="human_int",
        bounds={"ge": 1},
        default=2**16,
        group="Limits",
        help="How many values a request may hold, fields and items, but for tokens.",
    ),
    Setting(
        name="max_messages",
        type="int",
        bounds={"ge": 1},
        default=4096,
        group="Limits",
        help="How many messages a conversation may have.",
    ),
    Setting(
        name="max_sequences",
        type="int",
        bounds={"ge": 1},
        default=2048,
        group="Limits",
        help="How many sequences a request may ask for: its prompts, texts or documents, times n.",
    ),
    Setting(
        name="max_n",
        type="int",
        bounds={"ge": 1},
        default=128,
        group="Limits",
        help="How many answers to one prompt a request may ask for, best_of and beams among them.",
    ),
    Setting(
        name="max_grammar_size",
        type="human_int",
        bounds={"ge": 1},
        default=64 * 2**10,
        group="Limits",
        help="How many characters a grammar, a regular expression or a JSON schema in a request may have.",
    ),
    Setting(
        name="allow_private_media",
        type="bool",
        kind="paired",
        negative="--no-allow-private-media",
        default=False,
        group="Limits",
        help="Fetch images and the like from addresses that are not public too, and through proxies.",
    ),
    Setting(
        name="allow_media_redirects",
        type="bool",
        kind="paired",
        negative="--no-allow-media-redirects",
        variables=("VLLM_MEDIA_URL_ALLOW_REDIRECTS", "DRAGOMAN_ALLOW_MEDIA_REDIRECTS"),
        default=False,
        group="Limits",
        help="Follow redirects when fetching images and the like.",
    ),
)

QUEUE = (
    Setting(
        name="max_queue",
        type="int",
        bounds={"ge": 0},
        group="Limits",
        help="How many requests may wait while the engine is full; unless set, four for each that it works on at a "
        "time, and at least 256.",
    ),
    Setting(
        name="request_timeout",
        type="float",
        bounds={"gt": 0},
        group="Limits",
        help="How many seconds a request may take, its waiting among them; no limit unless set.",
    ),
)

CLUSTER = (
    Setting(
        name="replicas",
        type="int",
        bounds={"ge": 1},
        group="Cluster",
        help="How many replicas of the worker serve on a Ray cluster, behind this command's address.",
    ),
    Setting(
        name="min_replicas",
        type="int",
        bounds={"ge": 1},
        group="Cluster",
        help="How many replicas there are at least, where the load decides; 1 unless set.",
    ),
    Setting(
        name="max_replicas",
        type="int",
        bounds={"ge": 1},
        group="Cluster",
        help="How many replicas there are at most; with it the load decides how many there are.",
    ),
    Setting(
        name="target_ongoing_requests",
        type="float",
        bounds={"gt": 0},
        default=32.0,
        group="Cluster",
        help="How many requests at a time a replica should have, where the load decides how many replicas there are.",
    ),
    Setting(
        name="ray_address",
        variables=("DRAGOMAN_RAY_ADDRESS", "RAY_ADDRESS"),
        group="Cluster",
        help="The Ray cluster to use: auto, or host:port; unless set, replicas get one of their own on this machine.",
    ),
)

WORKER_SETTINGS = (
    Setting(name="platform", default="auto", help="The platform whose language is spoken."),
    Setting(name="model_dir", help="The directory in which the platform put the model and its configuration."),
    Setting(name="code_dir", help="The directory in which the platform put the user's own code."),
    Setting(name="engine_url", help="An OpenAI-compatible server to use in place of vLLM.", kind="value"),
    Setting(name="gpus", type="int", bounds={"ge": 0}, help="How many GPUs to assume instead of counting them."),
    Setting(
        name="omp_num_threads",
        type="threads",
        bounds={"ge": 1},
        variables=("OMP_NUM_THREADS",),
        help="How many threads compute on a CPU; set from the cores and the model's size unless given.",
    ),
    Setting(
        name="boot_profile",
        type="word",
        choices=("fast", "balanced", "max"),
        default="balanced",
        help="What the engine is tuned for: the soonest start, the most throughput, or something in between.",
    ),
    Setting(
        name="vllm_cache_root",
        variables=("VLLM_CACHE_ROOT",),
        help="Where vLLM keeps what it has compiled and measured for the next start.",
    ),
    Setting(
        name="startup_plan",
        type="bool",
        variables=("VLLM_ENABLE_STARTUP_PLAN",),
        help="Keep the measured size of a GPU's KV cache for the next start.",
    ),
    Setting(
        name="worker_multiproc_method",
        type="word",
        choices=("fork", "spawn"),
        variables=("VLLM_WORKER_MULTIPROC_METHOD",),
        help="How the engine's processes are started; fork, or spawn where fork cannot work, unless set.",
    ),
    Setting(
        name="in_process_executor",
        kind="paired",
        type="bool",
        negative="--no-in-process-executor",
        help="Whether EngineCore computes on a CPU itself, without worker processes; where one is enough, unless set.",
    ),
    Setting(
        name="grace_period",
        type="float",
        bounds={"ge": 0, "le": 86400},
        default=30.0,
        help="How many seconds running requests may take to finish after SIGTERM.",
    ),
    Setting(
        name="startup_timeout",
        type="float",
        bounds={"gt": 0},
        help="How many seconds the engine may take to start before the worker gives up; no limit unless set.",
    ),
    Setting(
        name="health_port",
        type="int",
        bounds={"ge": 0, "le": 65535},
        help="A second port, which answers probes only.",
    ),
    *LIMITS,
    *QUEUE,
    *CLUSTER,
    Setting(
        name="machine_share",
        type="float",
        bounds={"gt": 0, "le": 1},
        default=1.0,
        help="Where it computes on a CPU that others use too: which part of its cores and memory it may take.",
    ),
    Setting(
        name="log_format",
        choices=("auto", "human", "json"),
        default="auto",
        help="Lines for people, or one JSON object a line; auto is for people where the log is a terminal.",
    ),
    Setting(
        name="api_key_file",
        help="A file with API keys, one a line; each of them opens the worker, like those in DRAGOMAN_API_KEY.",
    ),
)

# The worker's HTTP server honours these, so vLLM, which opens no port here, never sees them.
SERVER_DEFAULTS = {"host": "0.0.0.0", "port": 8000}
CONSUMED = frozenset(
    {"host", "port", "uds", "config", "api_key"}
    | {"ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "ssl_cert_reqs", "ssl_ciphers"}
)
BOUNDS = {
    "port": {"ge": 0, "le": 65535},
    "ssl_cert_reqs": {"ge": 0, "le": 2},
    "sse_keep_alive_interval": {"ge": 0},
    "shutdown_timeout": {"ge": 0},
}

_ONE_SERVER = "this worker runs one HTTP server"
# What the text of these is besides text.
TYPES = {"served_model_name": "name", "chat_template": "template"}
REFUSED = {
    "headless": f"{_ONE_SERVER}, and headless mode runs none",
    "api_server_count": f"{_ONE_SERVER}; only 1 is possible",
    "grpc": "this worker speaks HTTP, not gRPC",
    "grpc_port": "this worker speaks HTTP, not gRPC",
    "data_parallel_multi_port_external_lb": f"{_ONE_SERVER}, not one for each data-parallel rank",
}
HARMLESS = {"api_server_count": 1}
IGNORED = {
    "enable_ssl_refresh": "restart the worker after a change of its certificate",
    "h11_max_incomplete_event_size": "this worker parses HTTP with httptools, not h11",
    "h11_max_header_count": "this worker parses HTTP with httptools, not h11",
    **dict.fromkeys(
        (
            "data_parallel_supervisor_port",
            "dp_supervisor_probe_interval_s",
            "dp_supervisor_probe_timeout_s",
            "dp_supervisor_probe_failure_threshold",
        ),
        "this worker has no data-parallel supervisor",
    ),
}


def load_catalogue(platforms: Sequence[str]) -> Catalogue:
    """Return the catalogue of all settings that every platform has; `platforms` are the names to choose from."""
    settings = Catalogue((*WORKER_SETTINGS, *map(adapt, vllm_settings()), *retired.SETTINGS))
    platform = replace(settings["platform"], choices=("auto", *platforms))
    return Catalogue(map(spell, settings.with_settings(platform)))


def spell(setting: Setting) -> Setting:
    """Return the setting with the flag and the variable that its name means, where it has no others."""
    return replace(
        setting,
        flags=setting.flags or ("--" + setting.name.replace("_", "-"),),
        variables=setting.variables or tuple(scanned_variables(setting)),
    )


def adapt(setting: Setting) -> Setting:
    """Return one of vLLM's settings as this worker treats it."""
    name = setting.name
    bounds = {**setting.bounds, **BOUNDS.get(name, {})}
    setting = replace(setting, type=TYPES.get(name, setting.type), secret=name in SECRETS, bounds=bounds)
    if name in CONSUMED:
        return replace(setting, use="worker", default=SERVER_DEFAULTS.get(name, setting.default))
    if name in REFUSED:
        return replace(setting, use="refused", reason=REFUSED[name], default=HARMLESS.get(name, setting.default))
    if name in IGNORED:
        return replace(setting, use="ignored", reason=IGNORED[name])
    return setting


def scanned_variables(setting: Setting) -> Iterator[str]:
    """Yield the variable that sets it on every platform: its name in capitals, prefixed where that name is common."""
    variable = setting.name.upper()
    if setting.name in NEVER_SCANNED:
        return
    bare = setting.use == "engine" and variable not in COMMON_NAMES
    yield variable if bare else PREFIX + variable
