"""The runtime parameters, variables, flags and files of the vLLM environment and of DRUM, and what each does now."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dragoman.forms import words
from dragoman.forms.markdown import code, table
from dragoman.platforms.datarobot.configuration.runtime_parameters import parameters
from dragoman.settings.catalogue import Catalogue, Setting

PARAMETERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Runtime parameters: the model": (
            *("model", "HuggingFaceToken", "max_model_len", "gpu_memory_utilization", "trust_remote_code"),
            *("served_model_name", "default_parallelism"),
        ),
        "Runtime parameters: rows": ("system_prompt", "prompt_column_name", "max_tokens", "n", "temperature"),
        "Runtime parameters: the server": (
            *("verifySSL", "DRUM_OPENAI_CLIENT_TIMEOUT", "NIM_DIRECT_ACCESS_REQUEST_TIMEOUT", "CUSTOM_MODEL_WORKERS"),
            *("DRUM_CLIENT_REQUEST_TIMEOUT", "DRUM_SERVER_TYPE", "DRUM_WEBSERVER_BACKLOG", "DRUM_WORKER_CONNECTIONS"),
            *("DRUM_GUNICORN_WORKER_CLASS", "DRUM_GUNICORN_MAX_REQUESTS", "DRUM_GUNICORN_MAX_REQUESTS_JITTER"),
            *("DRUM_GUNICORN_GRACEFUL_TIMEOUT", "DRUM_GUNICORN_KEEP_ALIVE", "DRUM_GUNICORN_FIRST_BYTE_TIMEOUT"),
            *("DRUM_GUNICORN_LOG_LEVEL", "max_watchdog_restarts", "max_watchdog_backoff_sec", "OTEL_SDK_DISABLED"),
            *("USE_NIM_WATCHDOG", "NIM_WATCHDOG_REQUEST_TIMEOUT", "NIM_WATCHDOG_MAX_ATTEMPTS", "LLM_ID"),
            *("NGC_API_KEY", "NIM_MODEL_PROFILE", "NIM_MAX_MODEL_LEN", "NIM_LOG_LEVEL", "DR_NIM_HEALTH_ROUTE"),
            *("DR_NIM_SERVER_HOST", "DR_NIM_SERVER_PORT"),
        ),
    }
)
VARIABLES = (
    *("TARGET_NAME", "TARGET_TYPE", "CODE_DIR", "ADDRESS", "URL_PREFIX", "DEPLOYMENT_CONFIG", "RUNTIME_PARAMS_FILE"),
    *("GPU_COUNT", "OPENAI_HOST", "OPENAI_PORT", "MAX_WORKERS", "PRODUCTION", "WITH_ERROR_SERVER", "SHOW_STACKTRACE"),
    *("MONITOR", "MLOPS_REPORTING_FROM_UNSTRUCTURED_MODELS", "ALLOW_DR_API_ACCESS_FOR_ALL_CUSTOM_MODELS"),
    *("DATAROBOT_ENDPOINT", "DATAROBOT_API_TOKEN", "MLOPS_DEPLOYMENT_ID", "REQUESTS_CA_BUNDLE", "HF_TOKEN"),
    *(
        "VLLM_API_KEY",
        "VLLM_EXTRA_ARGS",
        "SKIP_PREDICT",
        "MONITOR_SETTINGS",
        "EXTERNAL_WEB_SERVER_URL",
        "API_TOKEN",
        "DEPLOYMENT_ID",
    ),
    *("MODEL_ID", "MLOPS_MODEL_ID", "NEGATIVE_CLASS_LABEL", "POSITIVE_CLASS_LABEL", "CLASS_LABELS"),
    *("CLASS_LABELS_FILE", "USER_SECRETS_MOUNT_PATH", "USER_SECRETS_PREFIX", "LAZY_LOADING_FILE"),
    *("MLOPS_LAZY_LOADING_DATA", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "DEBUG"),
    *("VIRTUAL_ENV", "DATAROBOT_VENV_PATH", "HOME", "DO_NOT_TRACK", "PIP_NO_CACHE_DIR", "PYTHONUNBUFFERED"),
)
# Those of `drum server`.
FLAGS = (
    *("--code-dir", "-cd", "--address", "--target-type", "--deployment-config", "--runtime-params-file"),
    *("--gpu-predictor", "--sidecar", "--logging-level", "--verbose", "--show-perf", "--show-stacktrace"),
    *("--with-error-server", "--skip-predict", "--production", "--max-workers", "--allow-dr-api-access", "--language"),
    *("--docker", "--memory", "--skip-deps-install", "--monitor", "--monitor-embedded", "--monitor-settings"),
    *("--deployment-id", "--model-id", "--webserver", "--api-token", "--positive-class-label"),
    *("--negative-class-label", "--class-labels", "--class-labels-file", "--query", "--content-type", "--triton-host"),
    *("--triton-http-port", "--triton-grpc-port", "--user-secrets-mount-path", "--user-secrets-prefix"),
    "--lazy-loading-file",
)
# What the worker does about a parameter or a variable, beside what its setting says.
NOTES: Mapping[str, str] = MappingProxyType(
    {
        "model": (
            "On the hub, or a directory. Weaker than `--model` in engine_config.json and than files in `vllm/`; not "
            "needed where load_model brings the model."
        ),
        "HuggingFaceToken": "A credential with `apiToken`. No log and no command line shows it.",
        "max_model_len": "A number, or text such as `4096`, `8k` or `auto`; 0 means unset.",
        "gpu_memory_utilization": "0.9 on GPUs where it is not set; 0 means unset.",
        "trust_remote_code": "A boolean in any spelling. DRUM has ignored it since 1.13.",
        "served_model_name": "`datarobot-deployed-llm` where it is not set, and always another name for it in chats.",
        "default_parallelism": "For GPU_COUNT above 1, unless a parallel size is set.",
        "system_prompt": "As the role system. Chats do not get it.",
        "prompt_column_name": "Exactly as in the header.",
        "max_tokens": "0 means unset. Chats do not get it.",
        "n": "0 means unset. The answers stand one after another. Chats do not get it.",
        "temperature": "0 is a temperature, the greedy one; DRUM drops it. Chats do not get it.",
        "verifySSL": "REQUESTS_CA_BUNDLE counts.",
        "TARGET_NAME": "Without it the worker ends with code 2.",
        "TARGET_TYPE": "Anything else is an error, and so is another type in model-metadata.yaml.",
        "CODE_DIR": "`/opt/code` where it is not set.",
        "ADDRESS": "`0.0.0.0:8080` where it is not set, port 5000 where it has none, as in DRUM.",
        "GPU_COUNT": "Counted where it is not set. `start_server.sh` sets it, as DRUM's does.",
        "RUNTIME_PARAMS_FILE": (
            "It takes the place of all `MLOPS_RUNTIME_PARAM_*` that model-metadata.yaml defines, with its defaults."
        ),
    }
)
_REPORTS = "With the two others: the start is reported to DataRobot, stage by stage."
_CLASSES = "Nothing comes of it: text generation has no classes."
_TELEMETRY = "Nothing comes of it: the worker has no such telemetry."
_MONITORING = "Nothing comes of it: the worker reports no predictions to MLOps."
_LAZY = "Nothing comes of it, as in DRUM's vLLM environment: load_model can fetch what is needed."
_PYTHON = "Python's and pip's own."
# Variables that are no settings.
OTHERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("DATAROBOT_ENDPOINT", "DATAROBOT_API_TOKEN", "MLOPS_DEPLOYMENT_ID"), _REPORTS),
        "REQUESTS_CA_BUNDLE": "The certificates for these reports, a file or a directory.",
        "HF_TOKEN": "The key for private and gated models; HuggingFaceToken is stronger.",
        "VLLM_EXTRA_ARGS": "Flags of vLLM, quoted as in a shell; engine_config.json is stronger.",
        "VLLM_API_KEY": "An error: calls come from DataRobot, which checks its own keys.",
        "SKIP_PREDICT": "Nothing comes of it: every deployment has its prediction routes.",
        **dict.fromkeys(
            ("MONITOR_SETTINGS", "EXTERNAL_WEB_SERVER_URL", "API_TOKEN", "DEPLOYMENT_ID", "MODEL_ID", "MLOPS_MODEL_ID"),
            _MONITORING,
        ),
        **dict.fromkeys(
            ("NEGATIVE_CLASS_LABEL", "POSITIVE_CLASS_LABEL", "CLASS_LABELS", "CLASS_LABELS_FILE"),
            _CLASSES,
        ),
        **dict.fromkeys(
            ("USER_SECRETS_MOUNT_PATH", "USER_SECRETS_PREFIX"),
            "Nothing comes of it: credentials are runtime parameters.",
        ),
        **dict.fromkeys(("LAZY_LOADING_FILE", "MLOPS_LAZY_LOADING_DATA"), _LAZY),
        **dict.fromkeys(("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"), _TELEMETRY),
        "DEBUG": "Nothing comes of it.",
        **dict.fromkeys(
            ("VIRTUAL_ENV", "DATAROBOT_VENV_PATH"),
            "Where the drop-in environment has further packages for custom.py; the worker's own stand before them.",
        ),
        "HOME": "`/opt/.home` in the drop-in environment, writable for all users of group 0; the hub's cache is there.",
        "DO_NOT_TRACK": "vLLM and huggingface_hub read it: no usage is reported.",
        "PIP_NO_CACHE_DIR": _PYTHON,
        "PYTHONUNBUFFERED": _PYTHON,
    }
)
# What may be in the code directory, and around it.
FILES: Mapping[str, str] = MappingProxyType(
    {
        "custom.py": (
            "Anywhere under the directory; several are an error. `init`, `load_model`, `chat`, `score` and "
            "`get_supported_llm_models` are run."
        ),
        "engine_config.json": (
            "In the directory itself: flags of vLLM in `args`, stronger than all but the command line, in every "
            "spelling. Anything but the documented schema is an error; numbers are taken for text."
        ),
        "vllm/": (
            "The model, where there is anything in it, unless engine_config.json names one; what cannot be a model is "
            "an error."
        ),
        "model-metadata.yaml": (
            "Read as strictly as by DRUM; `/info/` shows it. Its `targetType` has to be textgeneration. A values file "
            "needs its definitions."
        ),
        "values.yaml": "Under any name (RUNTIME_PARAMS_FILE): parameters and their values, checked by type and bounds.",
        "moderation_config.yaml": "Not read, with a warning: no guards are applied, as in DRUM's vLLM environment.",
        "custom_flask.py": "Not run, with a warning: [what to do instead](#what-is-not-offered).",
        ".server_ready": ("Made at the first probe that finds the engine ready, and removed at the end; not needed."),
        "start_server.sh": "The drop-in environment has one of its own, which counts GPUs and starts the worker.",
        "/opt/venv": "See VIRTUAL_ENV.",
        "/opt/.home": "See HOME.",
    }
)


def what_happens(catalogue: Catalogue) -> str:
    """Return the tables of what each parameter, variable, flag and file does now."""
    known = parameters(catalogue)
    named = {variable: setting for setting in catalogue for variable in setting.variables}
    flags = {flag: setting for flag, (setting, _) in catalogue.flags.items()}
    return "\n\n".join(
        (
            *(_section(topic, "Parameter", names, known) for topic, names in PARAMETERS.items()),
            _section("Variables", "Variable", VARIABLES, named),
            _section("Flags of drum server, as arguments of the container", "Flag", FLAGS, flags),
            _table("Files", "File", ((name, fate) for name, fate in FILES.items())),
        )
    )


def _section(title: str, kind: str, names: tuple[str, ...], settings: Mapping[str, Setting]) -> str:
    return _table(title, kind, ((name, " ".join(_fate(name, settings))) for name in names))


def _table(title: str, kind: str, rows: Iterator[tuple[str, str]]) -> str:
    return f"### {title}\n\n{table((kind, 'What happens now'), ((code(name), fate) for name, fate in rows))}"


def _fate(name: str, settings: Mapping[str, Setting]) -> Iterator[str]:
    yield OTHERS[name] if name in OTHERS else words.fate(settings[name])
    if name in NOTES:
        yield NOTES[name]
