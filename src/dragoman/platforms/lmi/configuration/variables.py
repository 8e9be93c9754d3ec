"""The environment variables of an LMI container, by what becomes of them."""

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.platforms.lmi.configuration import address, download_directory, identity, load_models, model_store
from dragoman.platforms.lmi.configuration.entries import OPTION_VARIABLE, SERVER_VARIABLE
from dragoman.platforms.lmi.configuration.keys import OPTION_KEY
from dragoman.settings.values import is_unset
from dragoman.settings.worker import PREFIX

ARGUMENT_VARIABLE = "ARGS_"
# How variables begin that say what a property of serving.properties says, and how the property begins. A family of the
# handler's is stronger than one of the server's, as the handler's count as properties of the model.
FAMILIES = MappingProxyType({OPTION_VARIABLE: OPTION_KEY, ARGUMENT_VARIABLE: "", SERVER_VARIABLE: ""})
# What other modules read.
ELSEWHERE = frozenset(module.VARIABLE for module in (address, download_directory, load_models, model_store))

# SageMaker's variables, which beat the file.
SAGEMAKER = MappingProxyType(
    {
        "SAGEMAKER_NUM_MODEL_WORKERS": ("minWorkers", "maxWorkers"),
        "SAGEMAKER_STARTUP_TIMEOUT": ("option.model_loading_timeout",),
        "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS": ("option.predict_timeout",),
        "SAGEMAKER_MAX_REQUEST_SIZE": ("max_request_size",),
        "SAGEMAKER_HEALTH_CHECK_OVERRIDE": ("health_check_override",),
    }
)
PORT = "SAGEMAKER_BIND_TO_PORT"
PAYLOAD = "SAGEMAKER_MAX_PAYLOAD_IN_MB"

# What the container's entry point made of other containers' variables where nothing else was set; the strongest first.
TRANSLATED = MappingProxyType(
    {
        "TENSOR_PARALLEL_DEGREE": "option.tensor_parallel_degree",
        "SM_NUM_GPUS": "option.tensor_parallel_degree",
        "PIPELINE_PARALLEL_DEGREE": "option.pipeline_parallel_degree",
        "HF_MODEL_QUANTIZE": "option.quantize",
        "HF_MODEL_TRUST_REMOTE_CODE": "option.trust_remote_code",
        "HF_TRUST_REMOTE_CODE": "option.trust_remote_code",
        "MAX_BATCH_SIZE": "option.max_rolling_batch_size",
        "MAX_BATCH_PREFILL_TOKENS": "option.max_rolling_batch_prefill_tokens",
        "MAX_CONCURRENT_REQUESTS": "job_queue_size",
        "CUDA_MEMORY_FRACTION": "option.gpu_memory_utilization",
        "MODEL_LOADING_TIMEOUT": "option.model_loading_timeout",
        "PREDICT_TIMEOUT": "option.predict_timeout",
        "DJL_ENTRY_POINT": "option.entryPoint",
    }
)
GRAPHS = "ENABLE_CUDA_GRAPHS"

# Nothing comes of these: why, and what asks for what happens anyway.
IDLE = MappingProxyType(
    {
        "SAGEMAKER_MULTI_MODEL": ("a worker serves the model that it starts with", ("false", "0")),
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": ("only handlers for scikit-learn and XGBoost read it", ()),
        "DJL_CLUSTER_SIZE": ("a worker runs on one machine", ("1",)),
        "ALLOW_REQUEST_HANDLER_OVERRIDE": ("the worker has one handler", ("false", "0")),
    }
)
# What the processes inherit, or what is set wherever SageMaker runs a container.
INHERITED = frozenset({"HF_TOKEN", "HF_HOME", "DJL_CACHE_DIR", "LMCACHE_CONFIG_FILE", "SM_NUM_CPUS", "SM_NUM_NEURONS"})
# What belongs to a model of the hub's in HF_MODEL_ID, and the options that say the same.
OF_THE_HUB = MappingProxyType({"HF_REVISION": "option.revision", "HF_TASK": "option.task"})
# What the worker has for itself on every platform, besides those that begin with its prefix.
COMMON = frozenset({"OMP_NUM_THREADS", "VLLM_API_KEY", "VLLM_CACHE_ROOT", "VLLM_ENABLE_STARTUP_PLAN"})
RAW_ARGUMENTS = "VLLM_EXTRA_ARGS"
KNOWN = frozenset(
    {
        *(*SAGEMAKER, PORT, PAYLOAD, *TRANSLATED, GRAPHS, *IDLE, *INHERITED, identity.HF_MODEL_ID, *OF_THE_HUB),
        *(*COMMON, RAW_ARGUMENTS, *ELSEWHERE),
    }
)


def telling(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that say something: not the empty ones, and for most `none` is as good as empty.

    NONE is a word of SERVING_LOAD_MODELS, and an option may have it for a choice.
    """
    return {name: text for name, text in environment.items() if text.strip() and _may_say(name, text)}


def _may_say(name: str, text: str) -> bool:
    return name == load_models.VARIABLE or property_of(name) is not None or not is_unset(text)


def own(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the worker has on every platform."""
    return {name: value for name, value in environment.items() if name.startswith(PREFIX) or name in COMMON}


def property_of(variable: str) -> str | None:
    """Return the property that a variable of the families stands for; None for any other variable."""
    for prefix, key in FAMILIES.items():
        if variable.startswith(prefix) and variable not in ELSEWHERE:
            return key + variable.removeprefix(prefix).lower()
    return None


def variable_of(key: str) -> str:
    """Return the variable that stands for a property."""
    prefix = OPTION_VARIABLE if key.startswith(OPTION_KEY) else SERVER_VARIABLE
    return prefix + key.removeprefix(OPTION_KEY).upper()
