"""The settings that only DataRobot has, and DataRobot's names for the others.

A runtime parameter stands here as the variable that carries it. The names, types and defaults are those of the vLLM
drop-in environment and of DRUM 1.18.
"""

from types import MappingProxyType

from dragoman.platforms.datarobot.configuration.entries import PARAMETER, ignored, own, parameters_of
from dragoman.settings.catalogue import Setting
from dragoman.settings.checks import AWAITED
from dragoman.settings.worker import PREFIX

_AT_LEAST_ONE = {"ge": 1}
_POSITIVE = {"gt": 0}

REQUESTS = (
    own("target_name", variable="TARGET_NAME", help="The name of the model's target; the worker needs one."),
    own(
        "target_type",
        "word",
        variable="TARGET_TYPE",
        default="textgeneration",
        help="The type of the target; only textgeneration.",
    ),
    own("url_prefix", variable="URL_PREFIX", default="", help="What stands before every route, such as /models/a."),
    own(
        "deployment_config",
        variable="DEPLOYMENT_CONFIG",
        help="A JSON file that describes the deployment; with it, predictions have the shape of DataRobot's API.",
    ),
    own("system_prompt", "template", parameter="system_prompt", help="Stands before the prompt of each row."),
    own(
        "prompt_column_name",
        parameter="prompt_column_name",
        default="promptText",
        help="The column of a CSV in which the prompts are.",
    ),
    own(
        "max_tokens",
        "int",
        parameter="max_tokens",
        bounds=_AT_LEAST_ONE,
        help="The most tokens that the answer to a row has; vLLM's default unless set.",
    ),
    own("n", "int", parameter="n", bounds=_AT_LEAST_ONE, help="How many answers each row gets; one unless set."),
    own("temperature", "float", parameter="temperature", bounds={"ge": 0}, help="The temperature of rows."),
    own(
        "concurrent_rows",
        "int",
        bounds=_AT_LEAST_ONE,
        default=64,
        help="How many rows of one request run at a time.",
    ),
    own(
        "request_timeout",
        "float",
        parameter="DRUM_OPENAI_CLIENT_TIMEOUT",
        bounds=_POSITIVE,
        default=3600.0,
        help="How many seconds a request to the engine may take.",
    ),
    own(
        "direct_access_timeout",
        "float",
        parameter="NIM_DIRECT_ACCESS_REQUEST_TIMEOUT",
        bounds=_POSITIVE,
        default=3600.0,
        help="How many seconds a request through /directAccess or /nim may take.",
    ),
)
START = (
    own("address", variable="ADDRESS", use="translated", reason="host and port", help="Becomes host and port."),
    own("runtime_params_file", variable="RUNTIME_PARAMS_FILE", help="A YAML file with values of runtime parameters."),
    own(
        "hugging_face_token",
        parameter="HuggingFaceToken",
        secret=True,
        help="The key for private and gated models; the worker's processes have it as HF_TOKEN.",
    ),
    own(
        "default_parallelism",
        "word",
        parameter="default_parallelism",
        choices=("tp", "pp"),
        default="tp",
        help="How several GPUs are used: tensor (tp) or pipeline (pp) parallel.",
    ),
    own("verify_ssl", "bool", parameter="verifySSL", default=True, help="Check TLS where status is reported."),
    own(
        "hook_timeout",
        "float",
        bounds=_POSITIVE,
        # Long enough to download the largest models from a store nearby.
        default=7200.0,
        help="How many seconds init and load_model of custom.py may take.",
    ),
    own(
        "model_from_hook",
        "bool",
        default=False,
        help="Whether load_model of custom.py may bring the model, into vllm/ of the code directory.",
    ),
    own(
        AWAITED,
        "json",
        help="What is named in the code directory and load_model of custom.py may bring; the worker finds it itself.",
    ),
)

_ONE_PROCESS = "one process serves all requests at once"
_EVENT_LOOP = "requests are served by an event loop, not by one of DRUM's web servers"
_NO_PORT = "the engine has no port of its own here"
_NIM = "only the environments of NVIDIA NIM read it"
_PROBES = "the probes tell whether the engine is there"
_RESTARTS = "the worker restarts its engine until that dies again and again"
MONITORING = "the worker reports no predictions to MLOps"

SERVER = (
    ignored(own("openai_host", variable="OPENAI_HOST"), _NO_PORT, "localhost"),
    ignored(own("openai_port", "value", variable="OPENAI_PORT"), _NO_PORT, 9999),
    ignored(own("custom_model_workers", "value", parameter="CUSTOM_MODEL_WORKERS"), _ONE_PROCESS, 1),
    ignored(own("drum_max_workers", "value", variable="MAX_WORKERS", flags=("--max-workers",)), _ONE_PROCESS, 1),
    ignored(own("drum_server_type", "word", parameter="DRUM_SERVER_TYPE"), _EVENT_LOOP, "gunicorn"),
    ignored(
        own("drum_client_request_timeout", "value", parameter="DRUM_CLIENT_REQUEST_TIMEOUT"),
        "DRUM_OPENAI_CLIENT_TIMEOUT says how long a request may take",
        600,
        0,
    ),
    *(
        ignored(own(f"drum_{name.lower()}", "value", parameter=f"DRUM_{name}"), _EVENT_LOOP, usual)
        for name, usual in (
            ("WEBSERVER_BACKLOG", 2048),
            ("WORKER_CONNECTIONS", 5),
            ("GUNICORN_WORKER_CLASS", "sync"),
            ("GUNICORN_MAX_REQUESTS", 0),
            ("GUNICORN_MAX_REQUESTS_JITTER", 0),
            ("GUNICORN_KEEP_ALIVE", 0),
            ("GUNICORN_FIRST_BYTE_TIMEOUT", 2),
            ("GUNICORN_LOG_LEVEL", "info"),
        )
    ),
    ignored(
        own("drum_gunicorn_graceful_timeout", "value", parameter="DRUM_GUNICORN_GRACEFUL_TIMEOUT"),
        "grace_period says how long requests may take to finish",
        299,
    ),
)
WATCHDOGS = (
    ignored(own("max_watchdog_restarts", "value", parameter="max_watchdog_restarts"), _RESTARTS, 10),
    ignored(own("max_watchdog_backoff_sec", "value", parameter="max_watchdog_backoff_sec"), _RESTARTS, 300),
    ignored(own("use_nim_watchdog", "bool", parameter="USE_NIM_WATCHDOG"), _PROBES),
    ignored(own("nim_watchdog_request_timeout", "value", parameter="NIM_WATCHDOG_REQUEST_TIMEOUT"), _PROBES, 120),
    ignored(own("nim_watchdog_max_attempts", "value", parameter="NIM_WATCHDOG_MAX_ATTEMPTS"), _PROBES, 3),
)
NIM = tuple(
    ignored(own(name.lower(), "value", parameter=name, secret=name == "NGC_API_KEY"), _NIM)
    for name in (
        "NGC_API_KEY",
        "NIM_MODEL_PROFILE",
        "NIM_MAX_MODEL_LEN",
        "NIM_LOG_LEVEL",
        "DR_NIM_HEALTH_ROUTE",
        "DR_NIM_SERVER_HOST",
        "DR_NIM_SERVER_PORT",
    )
)
OTHERS = (
    ignored(own("otel_sdk_disabled", "bool", parameter="OTEL_SDK_DISABLED"), "the worker has no such telemetry", True),
    ignored(own("llm_id", parameter="LLM_ID"), "served_model_name is what clients are told"),
    ignored(
        own("with_error_server", "bool", variable="WITH_ERROR_SERVER"),
        "a start that fails ends the worker, with the reason in the log",
    ),
    ignored(
        own("show_stacktrace", "bool", variable="SHOW_STACKTRACE"),
        "what a hook raises is in the log, with its traceback",
    ),
    ignored(own("production", "bool", variable="PRODUCTION"), _EVENT_LOOP, True),
    ignored(own("monitor", "bool", variable="MONITOR"), MONITORING),
    ignored(own("monitor_embedded", "bool", variable="MLOPS_REPORTING_FROM_UNSTRUCTURED_MODELS"), MONITORING),
    ignored(
        own("allow_dr_api_access", "bool", variable="ALLOW_DR_API_ACCESS_FOR_ALL_CUSTOM_MODELS"),
        "the platform says what a model may reach",
        True,
    ),
)

SETTINGS = (*REQUESTS, *START, *SERVER, *WATCHDOGS, *NIM, *OTHERS)

VARIABLES = MappingProxyType(
    {
        **{
            name: (PARAMETER + name,)
            for name in ("model", "max_model_len", "gpu_memory_utilization", "trust_remote_code", "served_model_name")
        },
        "code_dir": (f"{PREFIX}CODE_DIR", "CODE_DIR"),
        "gpus": (f"{PREFIX}GPUS", "GPU_COUNT"),
        "api_key": (f"{PREFIX}API_KEY", "VLLM_API_KEY"),
    }
)

# The parameters whose values may be shown: those that are known, and known not to be secret.
SHOWN = frozenset(
    name
    for setting in (*SETTINGS, *(Setting(name=name, variables=names) for name, names in VARIABLES.items()))
    for name in parameters_of(setting)
    if not setting.secret
)
