from pathlib import Path

import pytest

from tests.platforms.datarobot.resolving import MODEL, on_datarobot, parameter, write
from tests.settings.resolutions import find


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("max_model_lne", "max_model_len"),
        ("MAX_MODEL_LEN", "max_model_len"),
        ("maxTokens", "max_tokens"),
        ("huggingface_token", "HuggingFaceToken"),
        ("verify_ssl", "verifySSL"),
        ("system_promt", "system_prompt"),
        ("max_model_length", "max_model_len"),
        ("maxModelLength", "max_model_len"),
        ("max_new_tokens", "max_tokens"),
        ("model_id", "model"),
    ],
)
def test_a_slip(slip: str, meant: str) -> None:
    (warning,) = on_datarobot({**MODEL, **parameter(slip, "string", "1")}).warnings
    assert warning == f"runtime parameter {slip} sets nothing of the worker's; did you mean {meant}?"


@pytest.mark.parametrize("name", ["k", "mine", "endpoint", "retries", "bucket_name"])
def test_no_slip(name: str) -> None:
    assert on_datarobot({**MODEL, **parameter(name, "string", "1")}).warnings == ()


@pytest.mark.parametrize(("name", "warnings"), [("max_model_length", 1), ("model_id", 0), ("max_new_tokens", 0)])
def test_what_may_be_custom_codes_is_no_slip(tmp_path: Path, name: str, warnings: int) -> None:
    resolution = on_datarobot({**MODEL, **parameter(name, "string", "1")}, code=write(tmp_path, custom_py=""))
    assert len(resolution.warnings) == warnings


def test_names_of_vllms_settings_set_nothing() -> None:
    resolution = on_datarobot({**MODEL, **parameter("max_num_seqs", "numeric", 5)})
    assert find(resolution, "max_num_seqs").is_set is False
    assert resolution.warnings == (
        "runtime parameter max_num_seqs sets nothing; write --max-num-seqs into engine_config.json",
    )


def test_custom_code_may_know_any_name(tmp_path: Path) -> None:
    resolution = on_datarobot({**MODEL, **parameter("seed", "numeric", 5)}, code=write(tmp_path, custom_py=""))
    assert find(resolution, "seed").is_set is False
    assert resolution.warnings == ()


def test_the_encoded_variable_is_stronger_than_the_plain_one() -> None:
    tokens = find(on_datarobot({**MODEL, **parameter("max_tokens", "numeric", 5), "max_tokens": "7"}), "max_tokens")
    assert (tokens.value, tokens.overridden) == (5, ((7, "variable max_tokens"),))


@pytest.mark.parametrize("value", [None, "", 0])
def test_the_plain_variable_counts_where_the_encoded_one_is_empty(value: object) -> None:
    environment = {**MODEL, **parameter("max_tokens", "numeric", value), "max_tokens": "7"}
    assert on_datarobot(environment).value("max_tokens") == 7


def test_a_broken_parameter_that_something_overrides() -> None:
    resolution = on_datarobot({**MODEL, "MLOPS_RUNTIME_PARAM_max_tokens": "x"}, "--max-tokens", "5")
    assert resolution.errors == ()
    (warning,) = resolution.warnings
    assert warning.endswith("(variable MLOPS_RUNTIME_PARAM_max_tokens), overridden: command line")


def test_each_parameter_names_its_variable() -> None:
    token = find(on_datarobot({**MODEL, **parameter("temperature", "numeric", 0)}), "temperature")
    assert (token.value, token.source) == (0.0, "variable MLOPS_RUNTIME_PARAM_temperature")
