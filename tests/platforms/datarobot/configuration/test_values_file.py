import json
from pathlib import Path

import pytest

from dragoman.settings.resolution import Resolution
from tests.platforms.datarobot.resolving import METADATA, MODEL, on_datarobot, parameter, write
from tests.settings.resolutions import find

DEFINITIONS = f"""{METADATA}
runtimeParameterDefinitions:
- fieldName: model
  type: string
- fieldName: HuggingFaceToken
  type: credential
  credentialType: api_token
- fieldName: max_tokens
  type: numeric
  defaultValue: 1024
  minValue: 1
  maxValue: 2000
- fieldName: n
  type: numeric
- fieldName: verifySSL
  type: boolean
  allowEmpty: false
- fieldName: mine
  type: deployment
  defaultValue: abc
"""


def with_values(code: Path, values: str, definitions: str = DEFINITIONS, **environment: str) -> Resolution:
    """Resolve with a values file, and the definitions of what may be in it."""
    write(code, values_yaml=values, **{"model-metadata_yaml": definitions})
    return on_datarobot({"RUNTIME_PARAMS_FILE": str(code / "values.yaml"), **environment}, code=code)


def test_what_the_file_sets(tmp_path: Path) -> None:
    resolution = with_values(tmp_path, "model: org/n\nmax_tokens: 5\nverifySSL: no\n")
    assert resolution.errors == resolution.warnings == ()
    found = {name: find(resolution, name) for name in ("model", "max_tokens", "verify_ssl")}
    assert {name: setting.value for name, setting in found.items()} == {
        "model": "org/n",
        "max_tokens": 5,
        "verify_ssl": False,
    }
    assert found["max_tokens"].source == f"{tmp_path}/values.yaml key max_tokens"


def test_defaults(tmp_path: Path) -> None:
    resolution = with_values(tmp_path, "model: org/n")
    assert find(resolution, "max_tokens").source == f"{tmp_path}/model-metadata.yaml defaultValue of max_tokens"
    assert (resolution.value("max_tokens"), resolution.value("n")) == (1024, None)


def test_null_is_no_default(tmp_path: Path) -> None:
    assert with_values(tmp_path, "model: org/n\nmax_tokens: null").value("max_tokens") is None


def test_it_replaces_variables(tmp_path: Path) -> None:
    environment = {**MODEL, **parameter("max_tokens", "numeric", 7), **parameter("temperature", "numeric", 1)}
    resolution = with_values(tmp_path, "model: org/n", **environment)
    model = find(resolution, "model")
    assert (model.value, model.overridden) == ("org/n", (("org/m", "variable MLOPS_RUNTIME_PARAM_model"),))
    assert (resolution.value("max_tokens"), resolution.value("temperature")) == (1024, 1.0)


@pytest.mark.parametrize("text", ['{"type": "numeric", "payload": 3}', "broken"])
def test_it_replaces_variables_with_nothing(tmp_path: Path, text: str) -> None:
    resolution = with_values(tmp_path, "model: org/n", MLOPS_RUNTIME_PARAM_n=text)
    assert resolution.errors == ()
    assert resolution.value("n") is None


def test_hooks_read_the_parameters_as_variables(tmp_path: Path) -> None:
    token = "HuggingFaceToken:\n  credentialType: api_token\n  apiToken: hf_sesame\n"
    resolution = with_values(tmp_path, f"model: org/n\nunknown: 5\nverifySSL: 'yes'\n{token}")
    parameters = {name: text for name, text in resolution.environment.items() if name.startswith("MLOPS_")}
    assert {name: json.loads(str(text)) for name, text in parameters.items()} == {
        "MLOPS_RUNTIME_PARAM_model": {"type": "string", "payload": "org/n"},
        "MLOPS_RUNTIME_PARAM_HuggingFaceToken": {
            "type": "credential",
            "payload": {"credentialType": "api_token", "apiToken": "hf_sesame"},
        },
        "MLOPS_RUNTIME_PARAM_max_tokens": {"type": "numeric", "payload": 1024},
        "MLOPS_RUNTIME_PARAM_n": {"type": "numeric", "payload": None},
        "MLOPS_RUNTIME_PARAM_verifySSL": {"type": "boolean", "payload": True},
        "MLOPS_RUNTIME_PARAM_mine": {"type": "deployment", "payload": "abc"},
    }
    assert resolution.environment["HF_TOKEN"] == "hf_sesame"
    assert "sesame" not in json.dumps(resolution.to_json())


def test_the_command_line_names_the_file(tmp_path: Path) -> None:
    write(tmp_path, values_yaml="model: org/n", **{"model-metadata_yaml": DEFINITIONS})
    resolution = on_datarobot({}, "--runtime-params-file", str(tmp_path / "values.yaml"), code=tmp_path)
    assert resolution.value("model") == "org/n"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ("max_tokens: 5000", "max_tokens: 5000 is greater than 2000"),
        ("max_tokens: 0", "max_tokens: 0 is less than 1"),
        ("max_tokens: '5000'", "max_tokens: '5000' is greater than 2000"),
        ("max_tokens: many", "max_tokens: 'many' is not a number"),
        ("max_tokens: [1]", "max_tokens: it is a list, and the type is numeric"),
        ("verifySSL: maybe", "verifySSL: 'maybe' is not a boolean"),
        ("mine: 5", "mine: its value is no deployment"),
        ("HuggingFaceToken:\n  credentialType: a\n  until: 2030-01-01", "HuggingFaceToken: its value is no credential"),
        ("HuggingFaceToken: hf_sesame", "HuggingFaceToken: its value is no credential"),
        ("HuggingFaceToken:\n  apiToken: hf_sesame", "HuggingFaceToken: its value is no credential"),
    ],
)
def test_values_of_another_type_or_out_of_bounds(tmp_path: Path, values: str, problem: str) -> None:
    (error,) = with_values(tmp_path, f"model: org/n\n{values}\n").errors
    assert error.startswith(problem)
    assert error.endswith(f"({tmp_path}/values.yaml key {values.partition(':')[0]})")
    assert "sesame" not in error


def test_a_credential_without_a_token(tmp_path: Path) -> None:
    (error,) = with_values(tmp_path, "model: org/n\nHuggingFaceToken:\n  credentialType: s3\n").errors
    assert error.startswith("hugging_face_token: it is not {")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ("", "it is empty"),
        ("[]", "it is not a mapping"),
        ("model", "it is not a mapping"),
        ("model: 'a", "it is not YAML: found unexpected end of stream in line 1"),
        ("model: hf_sesame: b", "it is not YAML: mapping values are not allowed here in line 1"),
        ("model: &a b\nn: *a", "there is an anchor in line 1"),
        ("model: !!python/object/apply:os.system [exit]", "there is a tag in line 1"),
        ("when: 2024-99-99", "month must be in 1..12"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, values: str, problem: str) -> None:
    (error,) = with_values(tmp_path, values, **MODEL).errors
    assert error.startswith(f"{tmp_path}/values.yaml: {problem}")
    assert "sesame" not in error


def test_no_file(tmp_path: Path) -> None:
    write(tmp_path, **{"model-metadata_yaml": DEFINITIONS})
    (error,) = on_datarobot({**MODEL, "RUNTIME_PARAMS_FILE": "/nowhere.yaml"}, code=tmp_path).errors
    assert error == "/nowhere.yaml: No such file or directory"


def test_no_metadata(tmp_path: Path) -> None:
    write(tmp_path, values_yaml="model: a")
    (error,) = on_datarobot({**MODEL, "RUNTIME_PARAMS_FILE": str(tmp_path / "values.yaml")}, code=tmp_path).errors
    assert error.startswith(f"{tmp_path}/model-metadata.yaml must exist to use runtime parameters")


@pytest.mark.parametrize(
    ("definitions", "problem"),
    [
        ("", "it must contain at least one parameter definition in the section runtimeParameterDefinitions"),
        ("runtimeParameterDefinitions:\n", "it must contain at least one parameter definition"),
        ("runtimeParameterDefinitions: a\n", "it must contain at least one parameter definition"),
        ("runtimeParameterDefinitions:\n- a\n", "definition 1 of runtimeParameterDefinitions is not a mapping"),
        ("runtimeParameterDefinitions:\n- type: string\n", "definition 1 of runtimeParameterDefinitions: fieldName"),
        ("runtimeParameterDefinitions:\n- fieldName: n\n", "n: type None is not one of string, boolean, numeric"),
        ("runtimeParameterDefinitions:\n- fieldName: n\n  type: creds\n", "n: type 'creds' is not one of string"),
        ("runtimeParameterDefinitions:\n- fieldName: n\n  type: STRING\n", "n: type 'STRING' is not one of string"),
        (
            "runtimeParameterDefinitions:\n- fieldName: n\n  type: numeric\n- fieldName: n\n  type: numeric\n",
            "duplicated definition of n",
        ),
        (
            "runtimeParameterDefinitions:\n- fieldName: n\n  type: numeric\n  minValue: low\n",
            "n: minValue 'low' is not a number",
        ),
    ],
)
def test_definitions_that_are_none(tmp_path: Path, definitions: str, problem: str) -> None:
    (error,) = with_values(tmp_path, "n: 1", METADATA + definitions, **MODEL).errors
    assert error.startswith(f"{tmp_path}/model-metadata.yaml: {problem}")


def test_a_default_out_of_its_own_bounds(tmp_path: Path) -> None:
    text = "runtimeParameterDefinitions:\n- fieldName: n\n  type: numeric\n  maxValue: 2\n  defaultValue: 3\n"
    (error,) = with_values(tmp_path, "x: 1", METADATA + text, **MODEL).errors
    assert error == f"n: 3 is greater than 2 ({tmp_path}/model-metadata.yaml defaultValue of n)"


def test_every_mistake_is_reported(tmp_path: Path) -> None:
    resolution = with_values(tmp_path, "model: org/n\nmax_tokens: many\nverifySSL: maybe\nmine: 5\n")
    assert len(resolution.errors) == 3
