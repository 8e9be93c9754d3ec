import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.models import MINI
from dragoman.platforms import catalogue_of, resolve
from dragoman.platforms.lmi.configuration.variables import KNOWN
from dragoman.platforms.lmi.options import Era, Options
from dragoman.platforms.lmi.settings import PLATFORM
from dragoman.settings.resolution import Resolution
from dragoman.settings.values import Value
from tests.platforms.lmi.configuration.stores import configured, model
from tests.platforms.lmi.templates import PROPERTIES, VARIABLES
from tests.settings.resolutions import COMPILER, find


def resolved(
    directory: Path, properties: str, environment: Mapping[str, str] | None = None, *arguments: str, gpus: int = 4
) -> Resolution:
    configured(directory, properties)
    given = ["--platform", "lmi", "--model-dir", str(directory), "--gpus", str(gpus), *arguments]
    return resolve(given, {**COMPILER, **(environment or {})})


def options(resolution: Resolution) -> Options:
    return Options.of({name: resolution.value(name) for name in PLATFORM.hands_down})


def test_the_guides_file(tmp_path: Path) -> None:
    resolution = resolved(tmp_path, PROPERTIES)
    assert resolution.errors == resolution.warnings == ()
    expected = {"model": str(MINI), "tensor_parallel_size": 4, "max_num_seqs": 64, "rolling_batch": "vllm"}
    assert {name: resolution.value(name) for name in expected} == expected
    source = f"{tmp_path}/serving.properties line 2 (option.tensor_parallel_degree)"
    assert find(resolution, "tensor_parallel_size").source == source


def test_the_guides_variables() -> None:
    resolution = resolve(["--gpus", "4"], {**COMPILER, **VARIABLES})
    assert resolution.platform == "lmi"
    assert resolution.errors == resolution.warnings == ()
    expected = {
        "model": str(MINI),
        "tensor_parallel_size": 4,
        "max_num_seqs": 64,
        "rolling_batch": "vllm",
        "model_name": "test",
        "served_model_name": ["test", "lmi"],
        "port": 8080,
        "host": "0.0.0.0",
        "grace_period": 25,
    }
    assert {name: resolution.value(name) for name in expected} == expected


def test_what_the_application_gets(tmp_path: Path) -> None:
    handed = options(resolved(tmp_path, PROPERTIES, {"SERVING_JOB_QUEUE_SIZE": "5"}))
    assert (handed.model_name, handed.served_model_name) == (tmp_path.name, (tmp_path.name, "lmi"))
    assert (handed.era, handed.max_num_seqs, handed.job_queue_size) == (Era.ROLLING, 64, 5)


def test_the_application_of_an_engine_elsewhere(tmp_path: Path) -> None:
    handed = options(resolved(tmp_path, "engine=Python", None, "--engine-url", "http://h:1"))
    assert handed.model_name == tmp_path.name


@dataclass(frozen=True)
class Says:
    """A source, how it is cited, and what it consists of."""

    cited: str
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    properties: str = ""
    flags: str = ""


def variable(name: str, text: str) -> Says:
    return Says(f"variable {name}", {name: text})


# From the strongest source to the weakest, each with its place for a value.
ORDERS: Mapping[str, Sequence[Says]] = {
    "predict_timeout": (
        Says("command line", arguments=("--predict-timeout", "1")),
        variable("VLLM_EXTRA_ARGS", "--predict-timeout 2"),
        variable("SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS", "3"),
        Says("serving.properties line 1 (option.predict_timeout)", properties="option.predict_timeout=4"),
        variable("OPTION_PREDICT_TIMEOUT", "5"),
        variable("PREDICT_TIMEOUT", "6"),
        Says("flags.yaml line 1", flags="predict-timeout: 7"),
    ),
    "job_queue_size": (
        Says("command line", arguments=("--job-queue-size", "1")),
        variable("VLLM_EXTRA_ARGS", "--job-queue-size 2"),
        Says("serving.properties line 1 (job_queue_size)", properties="job_queue_size=3"),
        variable("ARGS_JOB_QUEUE_SIZE", "4"),
        variable("SERVING_JOB_QUEUE_SIZE", "5"),
        variable("MAX_CONCURRENT_REQUESTS", "6"),
        Says("flags.yaml line 1", flags="job-queue-size: 7"),
    ),
    "max_request_size": (
        Says("command line", arguments=("--max-request-size", "1")),
        variable("VLLM_EXTRA_ARGS", "--max-request-size 2"),
        variable("SAGEMAKER_MAX_REQUEST_SIZE", "3"),
        variable("SERVING_MAX_REQUEST_SIZE", "4"),
        Says("serving.properties line 1 (max_request_size)", properties="max_request_size=5"),
        variable("ARGS_MAX_REQUEST_SIZE", "6"),
        Says("flags.yaml line 1", flags="max-request-size: 7"),
    ),
    "max_model_len": (
        Says("command line", arguments=("--max-model-len", "1")),
        variable("VLLM_EXTRA_ARGS", "--max-model-len 2"),
        Says("serving.properties line 1 (option.max_model_len)", properties="option.max_model_len=3"),
        variable("OPTION_MAX_MODEL_LEN", "4"),
        Says("flags.yaml line 1", flags="max-model-len: 5"),
    ),
}


@pytest.mark.parametrize(
    ("name", "strongest"), [(name, n) for name, order in ORDERS.items() for n in range(len(order))]
)
def test_the_order_of_the_sources(tmp_path: Path, name: str, strongest: int) -> None:
    used = ORDERS[name][strongest:]
    (tmp_path / "flags.yaml").write_text("".join(says.flags for says in used))
    environment = {variable: text for says in used for variable, text in says.variables.items()}
    arguments = ["--config", str(tmp_path / "flags.yaml"), *(argument for says in used for argument in says.arguments)]
    properties = "".join(says.properties for says in used)
    found = find(resolved(model(tmp_path / "m"), properties, environment, *arguments), name)
    assert found.value == strongest + 1
    sources = [found.source, *(source for _, source in found.overridden)]
    assert [source.removeprefix(f"{tmp_path}/").removeprefix("m/") for source in sources] == [s.cited for s in used]


# Names, the strongest first; the last stands for the model's directory.
NAMES_OF_THE_MODEL: Sequence[tuple[str, Mapping[str, str], tuple[str, ...]]] = (
    ("cli", {}, ("--model-name", "cli")),
    ("extra", {"VLLM_EXTRA_ARGS": "--model-name extra"}, ()),
    ("own", {"DRAGOMAN_MODEL_NAME": "own"}, ()),
    ("entry", {"SERVING_LOAD_MODELS": "entry={directory}"}, ()),
    ("m", {}, ()),
)


@pytest.mark.parametrize("strongest", range(len(NAMES_OF_THE_MODEL)))
def test_the_order_of_names(tmp_path: Path, strongest: int) -> None:
    used, directory = NAMES_OF_THE_MODEL[strongest:], model(tmp_path / "m")
    environment = {
        variable: text.format(directory=directory) for _, given, _ in used for variable, text in given.items()
    }
    resolution = resolved(directory, "", environment, *(argument for *_, given in used for argument in given))
    assert resolution.value("model_name") == used[0][0]
    assert resolution.value("served_model_name") == [used[0][0], "lmi"]


@pytest.mark.parametrize(
    ("properties", "environment", "expected"),
    [
        ("option.max_model_len=1024", {"OPTION_MAX_MODEL_LEN": "2048"}, {"max_model_len": 1024}),
        ("option.max_model_len=", {"OPTION_MAX_MODEL_LEN": "2048"}, {"max_model_len": 2048}),
        ("", {"ENABLE_CUDA_GRAPHS": "false"}, {"enforce_eager": True}),
        ("option.enforce_eager=false", {"ENABLE_CUDA_GRAPHS": "false"}, {"enforce_eager": False}),
        ("job_queue_size=10", {"SERVING_JOB_QUEUE_SIZE": "5"}, {"job_queue_size": 10}),
        ("chunked_read_timeout=10", {"SERVING_CHUNKED_READ_TIMEOUT": "5"}, {"chunked_read_timeout": 5}),
        ("timeout_http_code=408", {"SERVING_TIMEOUT_HTTP_CODE": "504"}, {"timeout_http_code": 504}),
        ("max_idle_time=60", {"SERVING_MAX_IDLE_TIME": "5"}, {"max_idle_time": 60}),
        ("minWorkers=1", {"SERVING_MIN_WORKERS": "2"}, {"min_workers": 1}),
        ("job_queue_size=10", {"ARGS_JOB_QUEUE_SIZE": "5"}, {"job_queue_size": 10}),
        ("option.rolling_batch=vllm ", {}, {"rolling_batch": "vllm"}),
        ("option.model_loading_timeout=100", {"SAGEMAKER_STARTUP_TIMEOUT": "600"}, {"startup_timeout": 600}),
        ("option.revision=a", {"OPTION_REVISION": "b"}, {"revision": "a"}),
        ("option.quantize=awq", {"HF_MODEL_QUANTIZE": "fp8"}, {"quantization": "awq"}),
        ("option.quantize=awq", {"OPTION_QUANTIZATION": "fp8"}, {"quantization": "awq"}),
    ],
)
def test_precedence(
    tmp_path: Path, properties: str, environment: Mapping[str, str], expected: Mapping[str, Value]
) -> None:
    resolution = resolved(model(tmp_path), properties, environment)
    assert {name: resolution.value(name) for name in expected} == expected
    assert resolution.errors == ()


def test_the_directory_is_the_model(tmp_path: Path) -> None:
    found = find(resolved(model(tmp_path), "option.rolling_batch=vllm"), "model")
    assert (found.value, found.source) == (str(tmp_path), f"model store {tmp_path}")


def test_the_command_line_names_the_model(tmp_path: Path) -> None:
    found = find(resolved(tmp_path, PROPERTIES, {"OPTION_MODEL_ID": "org/m"}, "--model", "org/other"), "model")
    assert found.value == "org/other"
    assert [source for _, source in found.overridden] == [
        f"{tmp_path}/serving.properties line 3 (option.model_id)",
        "variable OPTION_MODEL_ID",
    ]


def test_a_mistake_in_the_file(tmp_path: Path) -> None:
    (error,) = resolved(tmp_path, PROPERTIES + "option.dtype=int4").errors
    assert error.startswith("dtype: 'int4' is not one of auto, ")
    assert error.endswith(f"({tmp_path}/serving.properties line 6 (option.dtype))")


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    environment = {"OPTION_ENFORCE_EAGER": "perhaps", "SERVING_BATCH_SIZE": "x", "SERVING_INFERENCE_ADDRESS": "y"}
    assert len(resolved(tmp_path, "option.dtype=int4\njob_queue_size=x", environment).errors) == 6


def test_a_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "serving.properties").mkdir()
    resolution = resolve(["--model-dir", str(model(tmp_path))], COMPILER)
    assert resolution.platform == "lmi"
    assert resolution.errors == (f"{tmp_path}/serving.properties cannot be read: it is not a file",)


@pytest.mark.parametrize("options", [{}, {"OPTION_DTYPE": "auto"}])
@pytest.mark.parametrize(
    ("environment", "arguments"),
    [
        ({"HF_MODEL_ID": "{path}"}, ()),
        ({"SERVING_LOAD_MODELS": "x={path}"}, ()),
        ({"SERVING_MODEL_STORE": "{path}"}, ()),
        ({"OPTION_MODEL_ID": "{path}"}, ()),
        ({"OPTION_MODEL_ID": "org/m", "OPTION_CHAT_TEMPLATE": "{path}", "OPTION_LMCACHE_CONFIG_FILE": "{path}"}, ()),
        ({}, ("--model-dir", "{path}")),
    ],
)
@pytest.mark.parametrize("inside", ["", "in"])
def test_where_nobody_may_look(
    locked: Path, environment: Mapping[str, str], arguments: Sequence[str], options: Mapping[str, str], inside: str
) -> None:
    path = locked / inside
    given = {name: text.format(path=path) for name, text in environment.items()}
    resolution = resolve(["--platform", "lmi", *(text.format(path=path) for text in arguments)], {**given, **options})
    assert resolution.errors
    assert any(str(path) in error for error in resolution.errors)


CATALOGUE = catalogue_of(PLATFORM)
LONG = ["x" * 300, "/" + "x" * 300, "/" + "x" * 5000, "m=/" + "x" * 5000, "a/" * 3000]
WORDS = st.text(st.characters(exclude_characters="\0")) | st.sampled_from(
    ["-1", "0", "true", "{}", "[1]", "a=b", "/", "max", "none", "s3", "djl://x", "file:///x", "http://[", "ALL", *LONG]
)
NAMES = st.sampled_from(sorted(KNOWN | {name for setting in CATALOGUE for name in setting.variables}))
KEYS = st.sampled_from(["option.model_id", "option.tensor_parallel_degree", "engine", "minWorkers", "option.x", "x"])


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from([*CATALOGUE.flags]) | WORDS, max_size=3),
    st.dictionaries(NAMES | WORDS.map("OPTION_".__add__), WORDS, max_size=5),
    st.dictionaries(KEYS | WORDS, WORDS, max_size=5),
)
def test_no_mistake_raises(
    tmp_path_factory: pytest.TempPathFactory,
    arguments: list[str],
    environment: dict[str, str],
    properties: dict[str, str],
) -> None:
    store = tmp_path_factory.mktemp("store")
    text = "\n".join(f"{key}={value}" for key, value in properties.items())
    (store / "serving.properties").write_text(text, encoding="utf-8", errors="replace")
    shown = resolve(["--platform", "lmi", *arguments], {"SERVING_MODEL_STORE": str(store), **environment}).to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert not any("\n" in problem for problem in shown["errors"] + shown["warnings"])
