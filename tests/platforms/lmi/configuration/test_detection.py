from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.platforms import resolve
from dragoman.platforms.lmi.configuration.detection import detect
from tests.platforms.lmi.configuration.stores import configured, model


@pytest.mark.parametrize(
    ("environment", "evidence"),
    [
        ({}, None),
        ({"OPTION_MODEL_ID": "org/m"}, "variable OPTION_MODEL_ID"),
        ({"OPTION_entryPoint": "x", "HF_MODEL_ID": "org/m"}, "variable HF_MODEL_ID"),
        ({"SERVING_LOAD_MODELS": "m=/m"}, "variable SERVING_LOAD_MODELS"),
        ({"SERVING_LOAD_MODELS": "NONE"}, "variable SERVING_LOAD_MODELS"),
        ({"SERVING_LOAD_MODELS": "none"}, "variable SERVING_LOAD_MODELS"),
        ({"SERVING_MODEL_STORE": "/" + "x" * 5000}, None),
        ({"HF_MODEL_ID": "org/m"}, "variable HF_MODEL_ID"),
        ({"HF_MODEL_ID": "", "OPTION_DTYPE": " ", "SERVING_LOAD_MODELS": ""}, None),
        ({"HF_MODEL_ID": "None"}, None),
        ({"SERVING_BATCH_SIZE": "2", "TENSOR_PARALLEL_DEGREE": "max", "HF_TOKEN": "x"}, None),
    ],
)
def test_variables(environment: Mapping[str, str], evidence: str | None) -> None:
    assert detect(environment, None) == evidence


def test_the_file_in_the_users_directory(tmp_path: Path) -> None:
    configured(tmp_path, "engine=Python")
    assert detect({}, tmp_path) == str(tmp_path / "serving.properties")


def test_the_file_in_the_model_store(tmp_path: Path) -> None:
    configured(tmp_path, "engine=Python")
    assert detect({"SERVING_MODEL_STORE": str(tmp_path)}, None) == str(tmp_path / "serving.properties")


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "serving.properties").symlink_to("nowhere")
    assert detect({}, tmp_path) == str(tmp_path / "serving.properties")


def test_where_nobody_may_look(locked: Path) -> None:
    assert detect({}, locked / "in") is None


def test_nothing_to_load() -> None:
    resolution = resolve([], {"SERVING_LOAD_MODELS": "NONE"})
    assert resolution.platform == "lmi"
    (error,) = resolution.errors
    assert error.startswith("there is no model")


def test_the_users_directory_stands_in_for_the_model_store(tmp_path: Path) -> None:
    configured(tmp_path / "store", "engine=Python")
    assert detect({"SERVING_MODEL_STORE": str(tmp_path / "store")}, model(tmp_path / "own")) is None


def test_the_platform_is_found(tmp_path: Path) -> None:
    resolution = resolve(["--model-dir", str(configured(model(tmp_path), "engine=Python"))], {})
    assert resolution.platform == "lmi"
    assert resolution.errors == ()


def test_two_platforms() -> None:
    (error,) = resolve([], {"RUNPOD_ENDPOINT_ID": "x", "MODEL_NAME": "org/m", "OPTION_DTYPE": "fp16"}).errors
    assert error == (
        "platform: this could be runpod (variable RUNPOD_ENDPOINT_ID) and lmi (variable OPTION_DTYPE); "
        "choose one with --platform"
    )
