"""What each runtime parameter and each variable of DRUM's does, row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.platforms.datarobot.resolving import CREDENTIAL, parameter

NAME = ("--served-model-name", "datarobot-deployed-llm")


@dataclass(frozen=True)
class Row:
    """An environment, and what becomes of it: flags after the model's, settings, and how many warnings there are."""

    environment: Mapping[str, str]
    flags: Sequence[str] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    warnings: int = 0
    served: Sequence[str] = NAME

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.environment.items()) or "nothing"


def typed(name: str, kind: str, value: object, *flags: str, **settings: object) -> Row:
    """Return the row of a runtime parameter in DRUM's encoding."""
    return Row(parameter(name, kind, value), flags, settings)


def plain(name: str, value: str, *flags: str, **settings: object) -> Row:
    """Return the row of a runtime parameter in a variable with its bare name."""
    return Row({name: value}, flags, settings)


def ignored(name: str, kind: str, usual: object, value: object) -> list[Row]:
    """Return the rows of a parameter that nothing comes of: silent where it holds its default."""
    return [Row(parameter(name, kind, value), warnings=1), Row(parameter(name, kind, usual))]


def gpus(count: str, *flags: str, **environment: str) -> Row:
    """Return the row of a machine with that many GPUs."""
    memory = [] if count in ("", "0") else ["--gpu-memory-utilization", "0.9"]
    return Row({"GPU_COUNT": count, **environment}, [*flags, *memory])


ENGINE = [
    Row({}),
    typed("max_model_len", "numeric", 4096, "--max-model-len", "4096"),
    typed("max_model_len", "numeric", 4096.0, "--max-model-len", "4096"),
    typed("max_model_len", "numeric", "4096", "--max-model-len", "4096"),
    typed("max_model_len", "string", "4096", "--max-model-len", "4096"),
    typed("max_model_len", "string", "4096.0", "--max-model-len", "4096"),
    typed("max_model_len", "string", "auto", "--max-model-len", "auto"),
    *(typed("max_model_len", "numeric", value) for value in (0, 0.0, "0", None, "")),
    typed("max_model_len", "string", "0"),
    plain("max_model_len", "4096", "--max-model-len", "4096"),
    plain("max_model_len", "0"),
    typed("gpu_memory_utilization", "numeric", 0.5, "--gpu-memory-utilization", "0.5"),
    typed("gpu_memory_utilization", "numeric", 1.0, "--gpu-memory-utilization", "1.0"),
    typed("gpu_memory_utilization", "numeric", "0.5", "--gpu-memory-utilization", "0.5"),
    *(typed("gpu_memory_utilization", "numeric", value) for value in (0, None)),
    plain("gpu_memory_utilization", "0.5", "--gpu-memory-utilization", "0.5"),
    typed("trust_remote_code", "boolean", True, "--trust-remote-code"),
    typed("trust_remote_code", "string", "True", "--trust-remote-code"),
    typed("trust_remote_code", "string", "false", "--no-trust-remote-code"),
    typed("trust_remote_code", "boolean", False, "--no-trust-remote-code"),
    typed("trust_remote_code", "boolean", None),
    plain("trust_remote_code", "true", "--trust-remote-code"),
    Row(parameter("served_model_name", "string", "mine"), served=["--served-model-name", "mine"]),
    Row(parameter("served_model_name", "string", "one, two"), served=["--served-model-name", "one, two"]),
    Row(parameter("served_model_name", "string", None)),
    Row({"served_model_name": "mine"}, served=["--served-model-name", "mine"]),
]
GPUS = [
    Row({"GPU_COUNT": "0"}),
    gpus("1"),
    gpus("2", "--tensor-parallel-size", "2"),
    gpus("4", "--tensor-parallel-size", "4"),
    gpus("4", "--tensor-parallel-size", "4", **parameter("default_parallelism", "string", "tp")),
    gpus("4", "--pipeline-parallel-size", "4", **parameter("default_parallelism", "string", "pp")),
    gpus("4", "--pipeline-parallel-size", "4", default_parallelism="PP"),
    gpus("1", **parameter("default_parallelism", "string", "pp")),
    gpus("4", "--tensor-parallel-size", "4", **parameter("default_parallelism", "string", None)),
]
ROWS_OF_A_REQUEST = [
    plain("MLOPS_RUNTIME_PARAM_max_tokens", "", max_tokens=None),
    typed("system_prompt", "string", " Be brief. ", system_prompt=" Be brief. "),
    typed("system_prompt", "string", "", system_prompt=None),
    plain("system_prompt", "Be\nbrief.", system_prompt="Be\nbrief."),
    typed("prompt_column_name", "string", "a column", prompt_column_name="a column"),
    typed("prompt_column_name", "string", None, prompt_column_name="promptText"),
    plain("prompt_column_name", "column", prompt_column_name="column"),
    typed("max_tokens", "numeric", 256, max_tokens=256),
    typed("max_tokens", "numeric", 256.7, max_tokens=256),
    typed("max_tokens", "numeric", "256", max_tokens=256),
    typed("max_tokens", "string", "256", max_tokens=256),
    *(typed("max_tokens", "numeric", value, max_tokens=None) for value in (0, 0.5, None)),
    plain("max_tokens", "256", max_tokens=256),
    plain("max_tokens", "0", max_tokens=None),
    typed("n", "numeric", 3, n=3),
    *(typed("n", "numeric", value, n=None) for value in (0, None)),
    plain("n", "3", n=3),
    typed("temperature", "numeric", 0, temperature=0.0),
    typed("temperature", "numeric", 0.7, temperature=0.7),
    typed("temperature", "numeric", "0.7", temperature=0.7),
    typed("temperature", "numeric", None, temperature=None),
    plain("temperature", "0", temperature=0.0),
    typed("DRUM_OPENAI_CLIENT_TIMEOUT", "numeric", 60, request_timeout=60.0),
    typed("DRUM_OPENAI_CLIENT_TIMEOUT", "numeric", None, request_timeout=3600.0),
    plain("DRUM_OPENAI_CLIENT_TIMEOUT", "60", request_timeout=3600.0),
    typed("NIM_DIRECT_ACCESS_REQUEST_TIMEOUT", "numeric", 60, direct_access_timeout=60.0),
    plain("DRAGOMAN_CONCURRENT_ROWS", "8", concurrent_rows=8),
]
START = [
    typed("HuggingFaceToken", "credential", CREDENTIAL, hugging_face_token="hf_sesame"),
    typed("HuggingFaceToken", "credential", {**CREDENTIAL, "credentialType": "s3", "more": [1]}),
    typed("HuggingFaceToken", "credential", None, hugging_face_token=None),
    typed("HuggingFaceToken", "credential", {}, hugging_face_token=None),
    typed("HuggingFaceToken", "credential", {**CREDENTIAL, "apiToken": ""}, hugging_face_token=None),
    plain("HuggingFaceToken", "hf_sesame", hugging_face_token="hf_sesame"),
    plain("HuggingFaceToken_API_TOKEN", "hf_sesame", hugging_face_token="hf_sesame"),
    plain("HUGGINGFACETOKEN_APITOKEN", "hf_sesame", hugging_face_token="hf_sesame"),
    typed("verifySSL", "boolean", False, verify_ssl=False),
    typed("verifySSL", "string", "no", verify_ssl=False),
    typed("verifySSL", "boolean", None, verify_ssl=True),
    plain("verifySSL", "0", verify_ssl=False),
    plain("DRAGOMAN_HOOK_TIMEOUT", "60", hook_timeout=60.0),
    plain("DRAGOMAN_GRACE_PERIOD", "60", grace_period=60.0),
    Row({}, settings={"host": "0.0.0.0", "port": 8080, "grace_period": 15, "target_name": "resultText"}),
    plain("ADDRESS", "127.0.0.1:9000", host="127.0.0.1", port=9000),
    plain("ADDRESS", "localhost", host="localhost", port=5000),
    plain("ADDRESS", "[::1]:9000", host="::1", port=9000),
    plain("ADDRESS", ":9000", host="0.0.0.0", port=9000),
    plain("ADDRESS", "", host="0.0.0.0", port=8080),
    Row({"ADDRESS": "a:1", "DRAGOMAN_PORT": "2"}, settings={"host": "a", "port": 2}),
    *(plain("URL_PREFIX", text, url_prefix="/a/b") for text in ("/a/b", "/a/b/", "a/b")),
    plain("URL_PREFIX", "", url_prefix=""),
    plain("URL_PREFIX", "/", url_prefix=None),
    plain("TARGET_TYPE", "textGeneration", target_type="textgeneration"),
    plain("TARGET_NAME", "answer", target_name="answer"),
    *(Row({"MLOPS_RUNTIME_PARAM_mine": text}) for text in ("", "x", '{"type": "string", "payload": "x"}')),
]
IDLE = [
    Row({"OPENAI_HOST": "host", "OPENAI_PORT": "45678"}, warnings=2),
    Row({"OPENAI_HOST": "localhost", "OPENAI_PORT": "9999"}),
    *ignored("CUSTOM_MODEL_WORKERS", "numeric", 1, 4),
    *ignored("DRUM_SERVER_TYPE", "string", "gunicorn", "werkzeug"),
    *ignored("DRUM_CLIENT_REQUEST_TIMEOUT", "numeric", 600, 60),
    *ignored("DRUM_WEBSERVER_BACKLOG", "numeric", 2048, 1),
    *ignored("DRUM_WORKER_CONNECTIONS", "numeric", 5, 1000),
    *ignored("DRUM_GUNICORN_WORKER_CLASS", "string", "sync", "gevent"),
    *ignored("DRUM_GUNICORN_MAX_REQUESTS", "numeric", 0, 1000),
    *ignored("DRUM_GUNICORN_MAX_REQUESTS_JITTER", "numeric", 0, 100),
    *ignored("DRUM_GUNICORN_GRACEFUL_TIMEOUT", "numeric", 299, 30),
    *ignored("DRUM_GUNICORN_KEEP_ALIVE", "numeric", 0, 60),
    *ignored("DRUM_GUNICORN_FIRST_BYTE_TIMEOUT", "numeric", 2, 60),
    *ignored("DRUM_GUNICORN_LOG_LEVEL", "string", "info", "debug"),
    *ignored("max_watchdog_restarts", "numeric", 10, 3),
    *ignored("max_watchdog_backoff_sec", "numeric", 300, 60),
    *ignored("USE_NIM_WATCHDOG", "string", "false", "true"),
    *ignored("NIM_WATCHDOG_REQUEST_TIMEOUT", "numeric", 120, 60),
    *ignored("NIM_WATCHDOG_MAX_ATTEMPTS", "numeric", 3, 5),
    *ignored("LLM_ID", "string", None, "name"),
    *ignored("NGC_API_KEY", "credential", None, CREDENTIAL),
    *(
        row
        for name in ("MODEL_PROFILE", "MAX_MODEL_LEN", "LOG_LEVEL")
        for row in ignored(f"NIM_{name}", "string", None, "x")
    ),
    *(
        row
        for name in ("HEALTH_ROUTE", "SERVER_HOST", "SERVER_PORT")
        for row in ignored(f"DR_NIM_{name}", "string", None, "x")
    ),
    *(
        Row(parameter(name, kind, value), warnings=1)
        for name, kind, value in (
            ("NGC_API_KEY", "string", "x"),
            ("OTEL_SDK_DISABLED", "boolean", "maybe"),
            ("LLM_ID", "credential", CREDENTIAL),
            ("max_watchdog_restarts", "numeric", "x"),
            ("DRUM_SERVER_TYPE", "string", 5),
            ("LLM_ID", "credentials", "x"),
        )
    ),
    Row({"MLOPS_RUNTIME_PARAM_LLM_ID": "x"}, warnings=1),
    typed("OTEL_SDK_DISABLED", "boolean", True),
    typed("OTEL_SDK_DISABLED", "boolean", False),
    *(Row({"MAX_WORKERS": text}, warnings=warnings) for text, warnings in (("1", 0), ("4", 1), ("", 0))),
    *(
        Row({name: text}, warnings=warnings)
        for name in ("WITH_ERROR_SERVER", "SHOW_STACKTRACE", "MONITOR", "MLOPS_REPORTING_FROM_UNSTRUCTURED_MODELS")
        for text, warnings in (("0", 0), ("off", 0), ("False", 0), ("", 0), ("1", 1), ("0s", 1), ("maybe", 1))
    ),
    *(
        Row({name: text}, warnings=warnings)
        for name in ("PRODUCTION", "ALLOW_DR_API_ACCESS_FOR_ALL_CUSTOM_MODELS")
        for text, warnings in (("1", 0), ("True", 0), ("no", 0), ("0s", 1))
    ),
]
# They may be somebody else's.
UNUSABLE = [
    Row({name: value}, settings={setting: usual}, warnings=1)
    for name, value, setting, usual in (
        ("n", "node-7", "n", None),
        ("n", "-1", "n", None),
        ("temperature", "hot", "temperature", None),
        ("max_tokens", "many", "max_tokens", None),
        ("verifySSL", "ca.pem", "verify_ssl", True),
        ("trust_remote_code", "maybe", "trust_remote_code", False),
        ("default_parallelism", "dp", "default_parallelism", "tp"),
    )
]
ROWS = [*ENGINE, *GPUS, *ROWS_OF_A_REQUEST, *START, *IDLE, *UNUSABLE]

MISTAKES: list[tuple[Mapping[str, str], str]] = [
    *(
        ({"MLOPS_RUNTIME_PARAM_max_tokens": text}, "max_tokens: it is not")
        for text in ("256", "x", "[]", "null", '{"type": "numeric"}', "[" * 5000)
    ),
    (
        {"MLOPS_RUNTIME_PARAM_n": '{"type": "numeric", "payload": 1, "more": 2}'},
        "n: it is not a JSON object with the keys type and payload, and no others (variable MLOPS_RUNTIME_PARAM_n)",
    ),
    *(
        (parameter("system_prompt", kind, "x"), f"system_prompt: type {kind!r} is not one of string, boolean, ")
        for kind in ("STRING", "str", "creds")
    ),
    (parameter("n", "numeric", "x"), "n: 'x' is not a number (variable MLOPS_RUNTIME_PARAM_n)"),
    (parameter("n", "numeric", True), "n: True is not a number"),
    (parameter("n", "numeric", float("inf")), "n: inf is not a number"),
    (parameter("n", "numeric", [1]), "n: it is a list, and the type is numeric"),
    (parameter("n", "numeric", -1), "n: -1 is not at least 1"),
    (parameter("n", "string", "x"), "n: 'x' is not an integer (variable MLOPS_RUNTIME_PARAM_n)"),
    (parameter("max_tokens", "numeric", -5), "max_tokens: -5 is not at least 1"),
    (parameter("temperature", "numeric", -1), "temperature: -1.0 is not at least 0"),
    (parameter("system_prompt", "string", 5), "system_prompt: 5 is not a string"),
    (parameter("system_prompt", "string", {"a": 1}), "system_prompt: it is an object, and the type is string"),
    (parameter("system_prompt", "credential", CREDENTIAL), "system_prompt: it is a credential"),
    (parameter("verifySSL", "boolean", "maybe"), "verify_ssl: 'maybe' is not a boolean"),
    (parameter("verifySSL", "string", "maybe"), "verify_ssl: 'maybe' is not a boolean"),
    (parameter("trust_remote_code", "numeric", 2), "trust_remote_code: 2 is not a boolean"),
    (parameter("gpu_memory_utilization", "numeric", 1.5), "gpu_memory_utilization: 1.5 is not at most 1"),
    (parameter("max_model_len", "numeric", -7), "max_model_len: -7 is not at least -1"),
    (parameter("default_parallelism", "string", "dp"), "default_parallelism: 'dp' is not one of tp, pp"),
    (parameter("DRUM_OPENAI_CLIENT_TIMEOUT", "numeric", 0), "request_timeout: 0.0 is not more than 0"),
    *(
        (parameter("HuggingFaceToken", kind, value), "hugging_face_token: it is not {")
        for kind, value in (
            ("string", "hf_sesame"),
            ("numeric", "hf_sesame"),
            ("credential", "hf_sesame"),
            ("credential", {"apiToken": "hf_sesame"}),
            ("credential", {"credentialType": "", "apiToken": "hf_sesame"}),
            ("credential", {"credentialType": "api_token", "token": "hf_sesame"}),
            ("creds", CREDENTIAL),
        )
    ),
    ({"MLOPS_RUNTIME_PARAM_HuggingFaceToken": "hf_sesame"}, "hugging_face_token: it is not {"),
    ({"TARGET_NAME": ""}, "TARGET_NAME is not set"),
    ({"TARGET_NAME": " "}, "TARGET_NAME is not set"),
    ({"TARGET_TYPE": "regression"}, "target_type 'regression' (variable TARGET_TYPE): only textgeneration"),
    *(
        ({"ADDRESS": text}, f"address {text!r} (variable ADDRESS) is not an address such as 0.0.0.0:8080")
        for text in (":", "a b:8", "*:80", "host:port", "host:99999", "http://host:80", "a@b:1", "[::1", "host:80/path")
    ),
    ({"GPU_COUNT": "many"}, "gpus: 'many' is not an integer (variable GPU_COUNT)"),
    ({"VLLM_EXTRA_ARGS": "--seed 'x"}, "VLLM_EXTRA_ARGS cannot be split into flags"),
    ({"VLLM_EXTRA_ARGS": "--sede 7"}, "--sede is not a flag of the worker or of vLLM; did you mean --seed?"),
    ({"CODE_DIR": "/nowhere/at/all"}, "code_dir '/nowhere/at/all' (variable CODE_DIR) is not a directory"),
    ({"VLLM_API_KEY": "sesame"}, "api_key *** (variable VLLM_API_KEY): calls come from DataRobot"),
    ({"RUNTIME_PARAMS_FILE": "/nowhere.yaml"}, "/opt/code/model-metadata.yaml must exist"),
    ({"DEPLOYMENT_CONFIG": "/nowhere.json"}, "deployment_config '/nowhere.json' (variable DEPLOYMENT_CONFIG) cannot"),
]
