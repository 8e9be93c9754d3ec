import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.platforms import catalogue_of, resolve
from dragoman.platforms.runpod import settings as runpod
from dragoman.platforms.runpod.settings import PLATFORM
from tests.platforms.runpod.rows import MISTAKES, ROWS, Row
from tests.settings.resolutions import find, on_runpod


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_a_variable_does(row: Row) -> None:
    resolution = on_runpod(row.environment, "--gpus", str(row.gpus))
    assert resolution.errors == ()
    assert resolution.engine_args == ("--model", "org/m", *row.flags)
    assert {name: resolution.value(name) for name in row.settings} == row.settings
    assert len(resolution.warnings) == row.warnings, resolution.warnings
    assert all(any(name in warning for name in row.environment) for warning in resolution.warnings)


@pytest.mark.parametrize(("environment", "error"), MISTAKES)
def test_a_mistake(environment: Mapping[str, str], error: str) -> None:
    (problem,) = on_runpod(environment).errors
    assert problem.startswith(error)


def test_every_mistake_is_reported_at_once() -> None:
    resolution = on_runpod({"MODEL_NAME": "", "MAX_CONCURRENCY": "x", "TRUST_REMOTE_CODE": "maybe"})
    assert len(resolution.errors) == 3


@pytest.mark.parametrize(
    ("environment", "evidence"),
    [
        ({"RUNPOD_WEBHOOK_GET_JOB": "http://h/job-take/$ID?gpu=X"}, "variable RUNPOD_WEBHOOK_GET_JOB"),
        ({"RUNPOD_ENDPOINT_ID": "ep"}, "variable RUNPOD_ENDPOINT_ID"),
    ],
)
def test_detection(environment: dict[str, str], evidence: str) -> None:
    platform = find(resolve(["org/m"], environment), "platform")
    assert (platform.value, platform.source) == ("runpod", f"detected: {evidence}")


@pytest.mark.parametrize("variable", ["RUNPOD_WEBHOOK_GET_JOB", "RUNPOD_ENDPOINT_ID"])
def test_an_empty_variable_is_no_evidence(variable: str) -> None:
    assert resolve(["org/m"], {variable: ""}).platform == "plain"


def test_the_order_of_the_sources(tmp_path: Path) -> None:
    file = tmp_path / "vllm.yaml"
    file.write_text("model: of/file")
    environment = {
        "VLLM_EXTRA_ARGS": "--model of/raw",
        "MODEL_NAME": "of/name",
        "MODEL": "of/model",
        "VLLM_CONFIG_FILE": str(file),
    }
    model = find(on_runpod(environment, "of/command"), "model")
    assert (model.value, model.source) == ("of/command", "command line")
    assert model.overridden == (
        ("of/raw", "variable VLLM_EXTRA_ARGS"),
        ("of/name", "variable MODEL_NAME"),
        ("of/model", "variable MODEL"),
        ("of/file", f"{file} line 1"),
    )


def test_the_image_may_hold_a_file_of_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "vllm_config.yaml"
    file.write_text("max-model-len: 4k\nswap-space: 4\ntask: embed\n")
    monkeypatch.setattr(runpod, "CONFIG_FILE", file)
    resolution = on_runpod({})
    assert find(resolution, "config").source == f"worker default: there is a {file}"
    assert find(resolution, "max_model_len").source == f"{file} line 1"
    assert find(resolution, "runner").source == f"{file} line 3"
    assert len(resolution.warnings) == 1


@pytest.mark.parametrize("variable", ["VLLM_BASE_URL", "DRAGOMAN_ENGINE_URL"])
def test_an_engine_elsewhere_needs_no_model(variable: str) -> None:
    resolution = on_runpod({"MODEL_NAME": "", variable: "http://host:8000"}, "--gpus", "4")
    assert resolution.value("engine_url") == "http://host:8000"
    assert resolution.engine_args == ()
    assert resolution.errors == resolution.warnings == ()


def test_a_slip() -> None:
    (warning,) = on_runpod({"MAX_MODEL_LENN": "4096"}).warnings
    assert warning == "variable MAX_MODEL_LENN sets nothing; did you mean MAX_MODEL_LEN?"


def test_secrets_stay_out_of_sight() -> None:
    shown = json.dumps(on_runpod({"HF_TOKEN": "hf_sesame", "VLLM_API_KEY": "sesame"}).to_json())
    assert "sesame" not in shown


def test_what_the_application_gets() -> None:
    resolution = on_runpod({})
    assert {name: resolution.value(name) for name in PLATFORM.hands_down}.keys() >= {"max_concurrency", "model"}
    assert "vllm_port" not in PLATFORM.hands_down


CATALOGUE = catalogue_of(PLATFORM)
VALUES = st.text() | st.sampled_from(
    ["-1", "0", "7", "true", "{}", '{"a": 1}', "[1]", "a=b", "/", "{{", "[ngram]", '{"type": "yarn"}', "bitsandbytes"]
)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(VALUES | st.sampled_from([*CATALOGUE.flags, "--hf-overrides.rope_scaling.type"])),
    st.dictionaries(st.sampled_from([name for setting in CATALOGUE for name in setting.variables]), VALUES),
)
def test_no_mistake_raises(arguments: list[str], environment: dict[str, str]) -> None:
    shown = resolve(["--gpus", "4", *arguments], {"RUNPOD_ENDPOINT_ID": "ep", **environment}).to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert not any("\n" in problem for problem in shown["errors"] + shown["warnings"])
