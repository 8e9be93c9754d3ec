import json
from pathlib import Path

import pytest

from dragoman.settings.retired.rope import rope_parameters
from tests.settings.resolutions import find, on_plain

YARN = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}


@pytest.mark.parametrize(
    ("asked", "own", "parameters"),
    [
        ({"rope_scaling": {"type": "linear", "factor": 2}}, {}, {"rope_type": "linear", "factor": 2}),
        (
            {"rope_scaling": {"rope_type": "linear", "type": "linear", "factor": 2}},
            {"rope_theta": 7.0, "rope_type": "yarn", "factor": 9, "partial_rotary_factor": 0.5},
            {"rope_theta": 7.0, "partial_rotary_factor": 0.5, "rope_type": "linear", "factor": 2},
        ),
        (
            {"rope_scaling": {"rope_type": "linear", "rope_theta": 1.0}, "rope_theta": 2.0},
            {"rope_theta": 3.0},
            {"rope_type": "linear", "rope_theta": 1.0},
        ),
        ({"rope_theta": 2.0}, {}, {"rope_type": "default", "rope_theta": 2.0}),
        (
            {"rope_theta": 2.0},
            {"rope_theta": 3.0, "rope_type": "linear", "factor": 2},
            {"rope_theta": 2.0, "rope_type": "linear", "factor": 2},
        ),
    ],
)
def test_parameters(asked: dict[str, object], own: dict[str, object], parameters: dict[str, object]) -> None:
    assert rope_parameters(asked, own) == parameters


@pytest.mark.parametrize("environment", [{"ROPE_SCALING": "{}"}, {"ROPE_THETA": "0"}])
def test_nothing_is_asked(environment: dict[str, str]) -> None:
    resolution = on_plain(environment)
    assert resolution.engine_args == ("--model", "org/m")
    assert resolution.errors == ()


@pytest.mark.parametrize("text", [json.dumps(YARN), str(YARN)])
def test_a_scaling(text: str) -> None:
    resolution = on_plain({"ROPE_SCALING": text, "ROPE_THETA": "1000000", "MAX_MODEL_LEN": "64k"})
    overrides = find(resolution, "hf_overrides")
    parameters = {"rope_theta": 1e6, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
    assert overrides.value == {"rope_parameters": parameters}
    assert overrides.source == "variable ROPE_SCALING and variable ROPE_THETA"
    (warning,) = resolution.warnings
    assert warning.startswith("rope_scaling {'type': 'yarn'")


def test_hints() -> None:
    (warning,) = on_plain({"ROPE_SCALING": json.dumps(YARN)}).warnings
    assert "set rope_theta as well" in warning
    assert "needs max_model_len as well" in warning


@pytest.mark.parametrize(
    "configuration",
    [
        {"rope_theta": 7.0},
        {"rope_parameters": {"rope_theta": 7.0, "rope_type": "default"}},
        {"rope_theta": 7.0, "rope_scaling": {"type": "linear", "factor": 3}},
    ],
)
def test_the_models_own_theta_is_kept(tmp_path: Path, configuration: dict[str, object]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(configuration))
    environment = {"MODEL_NAME": str(tmp_path), "ROPE_SCALING": '{"rope_type": "dynamic", "factor": 2}'}
    assert find(on_plain(environment), "hf_overrides").value == {
        "rope_parameters": {"rope_theta": 7.0, "rope_type": "dynamic", "factor": 2}
    }


def test_the_models_own_scaling_is_kept(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"rope_scaling": {"type": "linear", "factor": 3}}))
    overrides = find(on_plain({"MODEL_NAME": str(tmp_path), "ROPE_THETA": "5"}), "hf_overrides")
    assert overrides.value == {"rope_parameters": {"rope_theta": 5.0, "rope_type": "linear", "factor": 3}}


def test_other_overrides_are_kept() -> None:
    environment = {"HF_OVERRIDES": '{"a": 1, "rope_parameters": {"rope_type": "x"}}', "ROPE_THETA": "5"}
    overrides = find(on_plain(environment), "hf_overrides")
    assert overrides.value == {"a": 1, "rope_parameters": {"rope_theta": 5.0, "rope_type": "default"}}
    assert overrides.overridden[0][1] == "variable HF_OVERRIDES"


def test_stronger_overrides_win() -> None:
    parameters = {"rope_parameters": {"rope_type": "linear", "factor": 2}}
    overrides = find(on_plain({"ROPE_THETA": "5"}, "--hf-overrides", json.dumps(parameters)), "hf_overrides")
    assert (overrides.value, overrides.source) == (parameters, "command line")


def test_the_old_names_in_overrides() -> None:
    resolution = on_plain({"HF_OVERRIDES": '{"rope_scaling": {"type": "linear", "factor": 2}, "rope_theta": 3}'})
    assert find(resolution, "hf_overrides").value == {
        "rope_parameters": {"rope_theta": 3, "rope_type": "linear", "factor": 2}
    }
    assert len(resolution.warnings) == 1


def test_a_scaling_without_a_type() -> None:
    assert on_plain({"ROPE_SCALING": '{"factor": 2}'}).errors == (
        "rope_scaling {'factor': 2} (variable ROPE_SCALING) names no rope_type",
    )
