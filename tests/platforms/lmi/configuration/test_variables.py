from collections.abc import Mapping

import pytest

from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value
from tests.platforms.lmi.configuration.resolving import on_lmi
from tests.settings.resolutions import find

Case = tuple[Mapping[str, str], str, Value, str]

ONE: list[Case] = [
    # OPTION_* and ARGS_*, SERVING_*
    ({"OPTION_MAX_MODEL_LEN": " 2048 "}, "max_model_len", 2048, "OPTION_MAX_MODEL_LEN"),
    ({"OPTION_max_model_len": "2048"}, "max_model_len", 2048, "OPTION_max_model_len"),
    ({"OPTION_DTYPE": "FP16"}, "dtype", "float16", "OPTION_DTYPE"),
    ({"OPTION_ENTRYPOINT": "djl_python.huggingface"}, "entry_point", "djl_python.huggingface", "OPTION_ENTRYPOINT"),
    ({"OPTION_entryPoint": "x.py"}, "entry_point", "x.py", "OPTION_entryPoint"),
    ({"OPTION_ENGINE": "Python"}, "engine", "python", "OPTION_ENGINE"),
    ({"ARGS_JOB_QUEUE_SIZE": "5"}, "job_queue_size", 5, "ARGS_JOB_QUEUE_SIZE"),
    ({"SERVING_JOB_QUEUE_SIZE": "5"}, "job_queue_size", 5, "SERVING_JOB_QUEUE_SIZE"),
    ({"SERVING_BATCH_SIZE": "4"}, "batch_size", 4, "SERVING_BATCH_SIZE"),
    ({"SERVING_MIN_WORKERS": "1"}, "min_workers", 1, "SERVING_MIN_WORKERS"),
    ({"SERVING_MAX_REQUEST_SIZE": "1000"}, "max_request_size", 1000, "SERVING_MAX_REQUEST_SIZE"),
    ({"SERVING_INFERENCE_ADDRESS": "http://127.0.0.1:81"}, "port", 81, "SERVING_INFERENCE_ADDRESS"),
    # SageMaker's
    ({"SAGEMAKER_BIND_TO_PORT": "8081"}, "port", 8081, "SAGEMAKER_BIND_TO_PORT"),
    ({"SAGEMAKER_STARTUP_TIMEOUT": "600"}, "startup_timeout", 600, "SAGEMAKER_STARTUP_TIMEOUT"),
    ({"SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS": "9"}, "predict_timeout", 9, "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS"),
    ({"SAGEMAKER_MAX_REQUEST_SIZE": "1000"}, "max_request_size", 1000, "SAGEMAKER_MAX_REQUEST_SIZE"),
    ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": " 2 "}, "max_request_size", 2 * 2**20, "SAGEMAKER_MAX_PAYLOAD_IN_MB"),
    ({"SAGEMAKER_NUM_MODEL_WORKERS": "1"}, "max_workers", 1, "SAGEMAKER_NUM_MODEL_WORKERS"),
    # those of other containers
    ({"TENSOR_PARALLEL_DEGREE": "2"}, "tensor_parallel_size", 2, "TENSOR_PARALLEL_DEGREE"),
    ({"TENSOR_PARALLEL_DEGREE": "max"}, "tensor_parallel_size", 4, "TENSOR_PARALLEL_DEGREE"),
    ({"SM_NUM_GPUS": "2"}, "tensor_parallel_size", 2, "SM_NUM_GPUS"),
    ({"PIPELINE_PARALLEL_DEGREE": "1"}, "pipeline_parallel_size", 1, "PIPELINE_PARALLEL_DEGREE"),
    ({"HF_MODEL_QUANTIZE": "awq"}, "quantization", "awq", "HF_MODEL_QUANTIZE"),
    ({"HF_MODEL_TRUST_REMOTE_CODE": "true"}, "trust_remote_code", True, "HF_MODEL_TRUST_REMOTE_CODE"),
    ({"HF_TRUST_REMOTE_CODE": "true"}, "trust_remote_code", True, "HF_TRUST_REMOTE_CODE"),
    ({"MAX_BATCH_SIZE": "64"}, "max_num_seqs", 64, "MAX_BATCH_SIZE"),
    ({"MAX_BATCH_PREFILL_TOKENS": "4096"}, "max_num_batched_tokens", 4096, "MAX_BATCH_PREFILL_TOKENS"),
    ({"MAX_CONCURRENT_REQUESTS": "7"}, "job_queue_size", 7, "MAX_CONCURRENT_REQUESTS"),
    ({"CUDA_MEMORY_FRACTION": "0.5"}, "gpu_memory_utilization", 0.5, "CUDA_MEMORY_FRACTION"),
    ({"ENABLE_CUDA_GRAPHS": "true"}, "enforce_eager", False, "ENABLE_CUDA_GRAPHS"),
    ({"ENABLE_CUDA_GRAPHS": "1"}, "enforce_eager", False, "ENABLE_CUDA_GRAPHS"),
    ({"ENABLE_CUDA_GRAPHS": "False"}, "enforce_eager", True, "ENABLE_CUDA_GRAPHS"),
    ({"MODEL_LOADING_TIMEOUT": "600"}, "startup_timeout", 600, "MODEL_LOADING_TIMEOUT"),
    ({"PREDICT_TIMEOUT": "60"}, "predict_timeout", 60, "PREDICT_TIMEOUT"),
    ({"DJL_ENTRY_POINT": "x.py"}, "entry_point", "x.py", "DJL_ENTRY_POINT"),
    # the worker's own
    ({"DRAGOMAN_PORT": "9000"}, "port", 9000, "DRAGOMAN_PORT"),
    ({"OMP_NUM_THREADS": "2"}, "omp_num_threads", 2, "OMP_NUM_THREADS"),
    ({"VLLM_API_KEY": "sesame"}, "api_key", ["sesame"], "VLLM_API_KEY"),
    ({"VLLM_CACHE_ROOT": "/kept"}, "vllm_cache_root", "/kept", "VLLM_CACHE_ROOT"),
    ({"VLLM_ENABLE_STARTUP_PLAN": "0"}, "startup_plan", False, "VLLM_ENABLE_STARTUP_PLAN"),
    ({"VLLM_EXTRA_ARGS": "--max-model-len 9"}, "max_model_len", 9, "VLLM_EXTRA_ARGS"),
]


@pytest.mark.parametrize(("environment", "name", "value", "variable"), ONE, ids=str)
def test_what_a_variable_sets(environment: Mapping[str, str], name: str, value: Value, variable: str) -> None:
    resolution = on_lmi(environment)
    found = find(resolution, name)
    assert (found.value, found.source) == (value, f"variable {variable}")
    assert resolution.errors == ()


def shown(resolution: Resolution) -> list[tuple[str, Value, str]]:
    return [(setting.name, setting.value, setting.source) for setting in resolution.settings]


@pytest.mark.parametrize("text", ["", " ", "none"])
def test_empty_variables_set_nothing(text: str) -> None:
    environment = {variable: text for *_, variable in ONE if variable != "VLLM_EXTRA_ARGS"}
    resolution = on_lmi({**environment, "SAGEMAKER_MULTI_MODEL": text, "SERVING_MODEL_STORE": text})
    assert resolution.errors == resolution.warnings == ()
    assert shown(resolution) == shown(on_lmi({}))


@pytest.mark.parametrize(
    ("environment", "name", "value"),
    [
        ({"OPTION_QUANTIZE": "fp8", "HF_MODEL_QUANTIZE": "awq"}, "quantization", "fp8"),
        ({"OPTION_ENFORCE_EAGER": "true", "ENABLE_CUDA_GRAPHS": "true"}, "enforce_eager", True),
        ({"OPTION_TENSOR_PARALLEL_DEGREE": "2", "TENSOR_PARALLEL_DEGREE": "4"}, "tensor_parallel_size", 2),
        ({"TENSOR_PARALLEL_DEGREE": "2", "SM_NUM_GPUS": "4"}, "tensor_parallel_size", 2),
        ({"HF_MODEL_TRUST_REMOTE_CODE": "false", "HF_TRUST_REMOTE_CODE": "true"}, "trust_remote_code", False),
        ({"SERVING_JOB_QUEUE_SIZE": "5", "MAX_CONCURRENT_REQUESTS": "6"}, "job_queue_size", 5),
        ({"ARGS_JOB_QUEUE_SIZE": "4", "SERVING_JOB_QUEUE_SIZE": "5"}, "job_queue_size", 4),
        ({"SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS": "9", "OPTION_PREDICT_TIMEOUT": "8"}, "predict_timeout", 9),
        ({"OPTION_PREDICT_TIMEOUT": "8", "PREDICT_TIMEOUT": "7"}, "predict_timeout", 8),
        ({"SAGEMAKER_MAX_REQUEST_SIZE": "9", "SAGEMAKER_MAX_PAYLOAD_IN_MB": "1"}, "max_request_size", 9),
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "1", "SERVING_MAX_REQUEST_SIZE": "9"}, "max_request_size", 2**20),
        ({"SAGEMAKER_BIND_TO_PORT": "81", "SERVING_INFERENCE_ADDRESS": "http://h:82"}, "port", 81),
        ({"DRAGOMAN_PORT": "80", "SAGEMAKER_BIND_TO_PORT": "81"}, "port", 80),
        ({"VLLM_EXTRA_ARGS": "--max-model-len 8", "OPTION_MAX_MODEL_LEN": "9"}, "max_model_len", 8),
    ],
)
def test_the_stronger_variable(environment: Mapping[str, str], name: str, value: Value) -> None:
    assert on_lmi(environment).value(name) == value


@pytest.mark.parametrize(
    ("variable", "warning"),
    [
        ("OPTION_FOO_BAR_BAZ", "variable OPTION_FOO_BAR_BAZ sets nothing"),
        ("OPTION_", "variable OPTION_ sets nothing"),
        ("OPTION_MAX_MODELLEN", "variable OPTION_MAX_MODELLEN sets nothing; did you mean OPTION_MAX_MODEL_LEN?"),
        ("OPTION_JOB_QUEUE_SIZE", "variable OPTION_JOB_QUEUE_SIZE sets nothing; did you mean SERVING_JOB_QUEUE_SIZE?"),
        ("SERVING_DTYPE", "variable SERVING_DTYPE sets nothing; did you mean OPTION_DTYPE?"),
        ("SERVING_BATCHSIZE", "variable SERVING_BATCHSIZE sets nothing; did you mean SERVING_BATCH_SIZE?"),
        ("ARGS_FOO_BAR_BAZ", "variable ARGS_FOO_BAR_BAZ sets nothing"),
        ("OPTIONS_DTYPE", "variable OPTIONS_DTYPE sets nothing; did you mean OPTION_DTYPE?"),
        ("MAX_BATCHSIZE", "variable MAX_BATCHSIZE sets nothing; did you mean MAX_BATCH_SIZE?"),
        ("SERVING_LOAD_MODEL", "variable SERVING_LOAD_MODEL sets nothing; did you mean SERVING_LOAD_MODELS?"),
        ("SERVING_MODEL_STOR", "variable SERVING_MODEL_STOR sets nothing; did you mean SERVING_MODEL_STORE?"),
        ("SERVING_DOWNLOAD_DI", "variable SERVING_DOWNLOAD_DI sets nothing; did you mean SERVING_DOWNLOAD_DIR?"),
        (
            "SERVING_INFERENCE_ADDRES",
            "variable SERVING_INFERENCE_ADDRES sets nothing; did you mean SERVING_INFERENCE_ADDRESS?",
        ),
        ("SERVING_KEYSTORE_PASSTWO", "variable SERVING_KEYSTORE_PASS… sets nothing"),
        ("OPTION_HF_TOKENhf_two", "variable OPTION_HF_TOKEN… sets nothing"),
        ("OPTION_A\nB", r"variable 'OPTION_A\nB' sets nothing"),
        ("DRAGOMAN_PORTS", "variable DRAGOMAN_PORTS sets nothing; did you mean DRAGOMAN_PORT?"),
        ("SAGEMAKER_MULTI_MODEL", "variable SAGEMAKER_MULTI_MODEL sets nothing: a worker serves the model"),
        ("DJL_CLUSTER_SIZE", "variable DJL_CLUSTER_SIZE sets nothing: a worker runs on one machine"),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "variable SAGEMAKER_MAX_PAYLOAD_IN_MB sets nothing: 'two' is not an integer"),
    ],
)
def test_what_sets_nothing(variable: str, warning: str) -> None:
    resolution = on_lmi({variable: "two"})
    assert resolution.errors == ()
    (said,) = resolution.warnings
    assert said.startswith(warning)
    assert said == warning or not warning.endswith(("nothing", "?"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SAGEMAKER_MULTI_MODEL", "false"),
        ("DJL_CLUSTER_SIZE", "1"),
        ("ALLOW_REQUEST_HANDLER_OVERRIDE", "False"),
        ("SERVING_FEATURES", "vllm"),
        ("SERVING_DOWNLOAD_DIR", "/d"),
        ("SM_NUM_CPUS", "8"),
        ("SAGEMAKER_REGION", "us-east-1"),
        ("HF_TOKEN", "hf_x"),
        ("MAX_MODEL_LEN", "8"),
        ("HOST", "x"),
        ("PORT", "x"),
    ],
)
def test_what_is_not_worth_a_word(variable: str, value: str) -> None:
    resolution = on_lmi({variable: value})
    assert resolution.warnings == resolution.errors == ()
    assert resolution.engine_args == on_lmi({}).engine_args


@pytest.mark.parametrize(("name", "value"), [("convert", "none"), ("mamba_cache_mode", "none"), ("convert", "NONE")])
def test_none_where_it_is_a_choice(name: str, value: str) -> None:
    variable = f"OPTION_{name.upper()}"
    found = find(on_lmi({variable: value}), name)
    assert (found.value, found.source) == ("none", f"variable {variable}")


def test_workers_of_sagemakers() -> None:
    variable = "SAGEMAKER_NUM_MODEL_WORKERS"
    (error,) = on_lmi({variable: "2"}).errors
    assert error.startswith(f"min_workers 2 (variable {variable}) and max_workers 2 (variable {variable}): only 1 is")


@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({"OPTION_DTYPE": "int4"}, "dtype: 'int4' is not one of auto, "),
        ({"ENABLE_CUDA_GRAPHS": "maybe"}, "enforce_eager: 'maybe' is not a boolean"),
        ({"SAGEMAKER_BIND_TO_PORT": "99999"}, "port: 99999 is not at most 65535"),
        ({"SAGEMAKER_MAX_PAYLOAD_IN_MB": "0"}, "max_request_size: 0 is not at least 1"),
        ({"SERVING_JOB_QUEUE_SIZE": "many"}, "job_queue_size: 'many' is not an integer"),
        ({"SAGEMAKER_NUM_MODEL_WORKERS": "many"}, "min_workers: 'many' is not an integer"),
    ],
)
def test_a_mistake(environment: Mapping[str, str], error: str) -> None:
    (problem,) = on_lmi(environment).errors
    assert problem.startswith(error)
    (variable,) = environment
    assert problem.endswith(f"(variable {variable})")
