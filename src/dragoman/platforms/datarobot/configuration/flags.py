"""The flags of `drum server` that are nothing else's, since a container's arguments may have been written for DRUM."""

from dragoman.platforms.datarobot.configuration.entries import ignored, own
from dragoman.platforms.datarobot.configuration.variables import MONITORING

_LOGGING = "VLLM_LOGGING_LEVEL says how much the engine logs"
_ENGINE = "the engine is vLLM"
_CONTAINER = "the worker runs where it is started"
_CLASSES = "text generation has no classes"
_UNSTRUCTURED = "there are no unstructured predictions"
_CREDENTIALS = "credentials are runtime parameters"

SETTINGS = (
    ignored(own("gpu_predictor", "word"), _ENGINE, "vllm"),
    ignored(own("sidecar", "bool"), "--engine-url names a server that runs elsewhere"),
    ignored(own("logging_level", "word"), _LOGGING, "info"),
    ignored(own("verbose", "bool"), _LOGGING),
    ignored(own("show_perf", "bool"), "/stats/ and /metrics tell how the worker does"),
    ignored(own("skip_predict", "bool"), "every deployment has its prediction routes"),
    ignored(own("language", "word"), "custom.py is Python", "python"),
    ignored(own("docker"), _CONTAINER),
    ignored(own("memory"), _CONTAINER),
    ignored(own("skip_deps_install", "bool"), "nothing is installed at the start", True),
    *(ignored(own(name), MONITORING) for name in ("deployment_id", "model_id", "monitor_settings", "webserver")),
    ignored(own("api_token", secret=True), MONITORING),
    *(ignored(own(f"{kind}_class_label"), _CLASSES) for kind in ("positive", "negative")),
    ignored(own("class_labels", kind="list"), _CLASSES),
    ignored(own("class_labels_file"), _CLASSES),
    *(ignored(own(name), _UNSTRUCTURED) for name in ("query", "content_type")),
    *(ignored(own(f"triton_{name}"), _ENGINE) for name in ("host", "http_port", "grpc_port")),
    *(ignored(own(f"user_secrets_{name}"), _CREDENTIALS) for name in ("mount_path", "prefix")),
    ignored(own("lazy_loading_file"), "load_model can fetch what is needed"),
)
