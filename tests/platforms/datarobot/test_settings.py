import json
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.models import MINI
from dragoman.platforms import catalogue_of, resolve
from dragoman.platforms.datarobot.configuration.entries import PARAMETER
from dragoman.platforms.datarobot.options import Options
from dragoman.platforms.datarobot.settings import PLATFORM
from tests.platforms.datarobot.resolving import (
    CREDENTIAL,
    METADATA,
    MODEL,
    on_datarobot,
    parameter,
    write,
    write_arguments,
)
from tests.platforms.datarobot.rows import MISTAKES, ROWS, Row
from tests.settings.resolutions import find


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_a_variable_does(row: Row) -> None:
    resolution = on_datarobot({**MODEL, **row.environment})
    assert resolution.errors == ()
    assert sorted(resolution.engine_args) == sorted(["--model", "org/m", *row.served, *row.flags])
    assert {name: resolution.value(name) for name in row.settings} == row.settings
    assert len(resolution.warnings) == row.warnings, resolution.warnings
    assert all(any(name in warning for name in row.environment) for warning in resolution.warnings)


@pytest.mark.parametrize(("environment", "error"), MISTAKES)
def test_a_mistake(environment: Mapping[str, str], error: str) -> None:
    (problem,) = on_datarobot({**MODEL, **environment}).errors
    assert problem.startswith(error)
    assert "sesame" not in problem


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    write(tmp_path, engine_config_json="{", custom_py="def")
    environment = {"TARGET_NAME": "", "TARGET_TYPE": "binary", **parameter("n", "numeric", "x")}
    assert len(on_datarobot({**MODEL, **environment}, code=tmp_path).errors) == 5


@pytest.mark.parametrize(
    ("environment", "evidence"),
    [
        ({"TARGET_NAME": "a"}, "variable TARGET_NAME"),
        (MODEL, "variable MLOPS_RUNTIME_PARAM_model"),
        ({"MLOPS_RUNTIME_PARAM_mine": "x"}, "variable MLOPS_RUNTIME_PARAM_mine"),
    ],
)
def test_detection(environment: dict[str, str], evidence: str) -> None:
    platform = find(resolve([], environment), "platform")
    assert (platform.value, platform.source) == ("datarobot", f"detected: {evidence}")


@pytest.mark.parametrize("variable", ["TARGET_NAME", "MLOPS_RUNTIME_PARAM_model"])
def test_an_empty_variable_is_no_evidence(variable: str) -> None:
    assert resolve([], {variable: ""}).platform == "plain"


def test_the_order_of_the_sources(tmp_path: Path) -> None:
    config = write(tmp_path, vllm_yaml="model: of/file") / "vllm.yaml"
    values = write(tmp_path, values_yaml="model: of/values") / "values.yaml"
    write(
        tmp_path,
        **{"model-metadata_yaml": f"{METADATA}runtimeParameterDefinitions:\n- fieldName: model\n  type: string"},
    )
    write_arguments(tmp_path, "--model", "of/engine-config", "--config", str(config))
    (tmp_path / "vllm").mkdir()
    write(tmp_path / "vllm", config_json="{}")
    raw = {"VLLM_EXTRA_ARGS": "--model of/raw"}
    environment = {**MODEL, **raw, "model": "of/plain", "RUNTIME_PARAMS_FILE": str(values)}
    resolution = on_datarobot(environment, "--model", "of/command", code=tmp_path)
    model = find(resolution, "model")
    assert (model.value, model.source) == ("of/command", "command line")
    assert model.overridden == (
        ("of/engine-config", f"{tmp_path}/engine_config.json args[0]"),
        ("of/raw", "variable VLLM_EXTRA_ARGS"),
        (f"{tmp_path}/vllm", f"directory {tmp_path}/vllm"),
        ("of/values", f"{values} key model"),
        ("org/m", "variable MLOPS_RUNTIME_PARAM_model"),
        ("of/plain", "variable model"),
        ("of/file", f"{config} line 1"),
    )
    assert resolution.errors == resolution.warnings == ()


def test_the_bundled_model_works_here_too() -> None:
    resolution = on_datarobot(parameter("model", "string", str(MINI)))
    assert resolution.errors == resolution.warnings == ()


def test_without_a_model() -> None:
    (error,) = on_datarobot({}).errors
    assert error == (
        "there is no model: set the runtime parameter model, or put the model's files into /opt/code/vllm, "
        "where load_model of custom.py may put them too"
    )


def test_an_engine_elsewhere_needs_no_model() -> None:
    resolution = on_datarobot({"DRAGOMAN_ENGINE_URL": "http://host:8000", "GPU_COUNT": "4"})
    assert resolution.errors == resolution.warnings == resolution.engine_args == ()
    assert resolution.value("served_model_name") is None


def test_raw_arguments_in_a_variable() -> None:
    resolution = on_datarobot({**MODEL, "VLLM_EXTRA_ARGS": "--max_model_len=2k --served-model-name 'a b'"})
    assert resolution.errors == resolution.warnings == ()
    assert resolution.engine_args == ("--model", "org/m", "--max-model-len", "2000", "--served-model-name", "a b")


@pytest.mark.parametrize("variable", ["MAX_NUM_SEQS", "MODEL", "DTYPE", "HOST", "PORT", "CONFIG", "API_KEY", "N"])
def test_variables_that_belong_to_others(variable: str) -> None:
    plain, touched = on_datarobot(MODEL), on_datarobot({**MODEL, variable: "x"})
    assert touched.to_json() == plain.to_json()


@pytest.mark.parametrize(
    "slip", ["TARGET_TYPES", "URL_PREFX", "DRAGOMAN_HOOK_TIMEOUTS", "RUNTIME_PARAM_FILE", "VLLM_EXTRA_ARG"]
)
def test_a_slip(slip: str) -> None:
    (warning,) = on_datarobot({**MODEL, slip: "x"}).warnings
    assert warning.startswith(f"variable {slip} sets nothing; did you mean ")


@pytest.mark.parametrize(
    "environment",
    [
        parameter("HuggingFaceToken", "credential", CREDENTIAL),
        parameter("NGC_API_KEY", "credential", CREDENTIAL),
        {"HuggingFaceToken": "hf_sesame"},
        {"HF_TOKEN": "hf_sesame"},
        {"DATAROBOT_API_TOKEN": "sesame"},
    ],
)
def test_secrets_stay_out_of_sight(environment: dict[str, str]) -> None:
    resolution = on_datarobot({**MODEL, **environment})
    assert "sesame" not in json.dumps(resolution.to_json())
    assert "sesame" not in repr(resolution)


@pytest.mark.parametrize("place", ["\0", "a" * 5000, "/dev/null", "~", ""])
def test_a_code_directory_that_cannot_be(place: str) -> None:
    assert bool(on_datarobot(MODEL, "--code-dir", place).errors) is bool(place)


def test_what_the_application_gets() -> None:
    resolution = on_datarobot({**MODEL, **parameter("max_tokens", "numeric", 5), "URL_PREFIX": "/a"})
    handed_down = {name: resolution.value(name) for name in PLATFORM.hands_down}
    assert handed_down.pop("model_from_hook") is False
    assert handed_down.pop("awaited") is None
    assert handed_down.keys() == {field.name for field in fields(Options)}
    assert Options.of(handed_down) == Options(
        target_name="resultText",
        url_prefix="/a",
        served_model_name=("datarobot-deployed-llm",),
        max_tokens=5,
        hook_timeout=7200.0,
    )


CATALOGUE = catalogue_of(PLATFORM)
VARIABLES = sorted({name for setting in CATALOGUE for name in setting.variables})
PLAIN = sorted(name.removeprefix(PARAMETER) for name in VARIABLES if name.startswith(PARAMETER))
VALUES = st.text() | st.sampled_from(["-1", "0", "7", "1e400", "true", "{}", "[1]", "a=b", "/", "{{", "[::1", "host:x"])
PAYLOADS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["string", "numeric", "boolean", "credential", "deployment", "creds"]) | st.none(),
        "payload": st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda held: (
                st.lists(held, max_size=2) | st.dictionaries(st.sampled_from(["credentialType", "apiToken"]), held)
            ),
            max_leaves=4,
        ),
    }
).map(json.dumps)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(VALUES | st.sampled_from([*CATALOGUE.flags, "--hf-overrides.a"])),
    st.dictionaries(st.sampled_from([*VARIABLES, *PLAIN, PARAMETER]), VALUES | PAYLOADS),
)
def test_no_mistake_raises(arguments: list[str], environment: dict[str, str]) -> None:
    shown = resolve(["--gpus", "4", *arguments], {"TARGET_NAME": "a", **environment}).to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert not any("\n" in problem for problem in shown["errors"] + shown["warnings"])


TEXTS = (
    st.text()
    | st.binary().map(lambda held: held.decode("latin-1"))
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.sampled_from(["args", *CATALOGUE.flags, "fieldName", "type"]),
        lambda held: st.lists(held) | st.dictionaries(st.sampled_from(["args", "target", "name", "type"]), held),
    ).map(json.dumps)
    | st.lists(VALUES | st.sampled_from([*CATALOGUE.flags, "--hf-overrides.a", "--", "-O3"])).map(
        lambda tokens: json.dumps({"args": tokens})
    )
    | st.text(alphabet="ab:-{}[]&*!'\"#|>\n ").map(lambda text: METADATA + text)
    | st.text(alphabet="ab:-{}[]n12\n ").map(
        lambda text: f"{METADATA}runtimeParameterDefinitions:\n- fieldName: n\n{text}"
    )
    | st.sampled_from(["def load_model(", "from a import *", "x = '\\d'", "{{", "\0"])
)


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(
            ["engine_config.json", "model-metadata.yaml", "custom.py", "values.yaml", "vllm", "target.json"]
        ),
        TEXTS,
    )
)
def test_no_file_raises(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        for name, text in files.items():
            Path(place, name).write_bytes(text.encode(errors="surrogatepass"))
        named = {"RUNTIME_PARAMS_FILE": f"{place}/values.yaml", "DEPLOYMENT_CONFIG": f"{place}/target.json"}
        shown = on_datarobot({**MODEL, **named}, code=Path(place)).to_json()
    assert json.loads(json.dumps(shown)) == shown


SECRET = "sesame-opened"


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(["HuggingFaceToken", "NGC_API_KEY"]),
    st.sampled_from(["string", "numeric", "boolean", "credential", "deployment", SECRET]),
    st.recursive(
        st.just(SECRET),
        lambda held: (
            st.lists(held, min_size=1, max_size=2)
            | st.dictionaries(st.sampled_from(["credentialType", "apiToken", "a"]), held, min_size=1)
        ),
        max_leaves=4,
    ),
)
def test_no_credential_is_shown(name: str, kind: str, payload: object) -> None:
    shown = on_datarobot({**MODEL, **parameter(name, kind, payload)}).to_json()
    assert SECRET not in json.dumps(shown)
