"""A container's arguments that were written for `drum server`."""

import shlex
from pathlib import Path

import pytest

from tests.platforms.datarobot.resolving import METADATA, MODEL, on_datarobot, write

SILENT = [
    "--gpu-predictor=vllm --logging-level=info",
    "--gpu-predictor vllm --logging-level INFO",
    "--language python --skip-deps-install --production --allow-dr-api-access",
    "--max-workers 1",
    "--target-type textgeneration",
    "--docker= --memory=",
]
WARNED = [
    *("--gpu-predictor nim", "--gpu-predictor=triton", "--sidecar", "--logging-level debug", "--logging-level=warning"),
    *("--verbose", "--show-perf", "--show-stacktrace", "--with-error-server", "--skip-predict", "--max-workers=4"),
    *("--language r", "--docker image", "--memory 4g", "--monitor", "--monitor-embedded"),
    *("--monitor-settings a;b", "--deployment-id 1", "--model-id=2", "--webserver http://host"),
    *("--positive-class-label a", "--negative-class-label b", "--class-labels a b c", "--class-labels-file f"),
    *("--query a=1", "--content-type text/plain", "--triton-host h", "--triton-http-port 1", "--triton-grpc-port 2"),
    *("--user-secrets-mount-path /s", "--user-secrets-prefix S_", "--lazy-loading-file f"),
]


@pytest.mark.parametrize("arguments", SILENT)
def test_what_happens_anyway(arguments: str) -> None:
    resolution = on_datarobot(MODEL, *shlex.split(arguments))
    assert resolution.errors == resolution.warnings == ()
    assert resolution.engine_args == on_datarobot(MODEL).engine_args


@pytest.mark.parametrize("arguments", WARNED)
def test_what_nothing_comes_of(arguments: str) -> None:
    resolution = on_datarobot(MODEL, *shlex.split(arguments))
    assert resolution.errors == ()
    (warning,) = resolution.warnings
    assert " is ignored: " in warning
    assert warning.endswith("(command line)")
    assert resolution.engine_args == on_datarobot(MODEL).engine_args


def test_a_token_is_not_shown() -> None:
    resolution = on_datarobot(MODEL, "--api-token", "sesame")
    assert len(resolution.warnings) == 1
    assert "sesame" not in str(resolution.to_json())


@pytest.mark.parametrize("flag", ["--code-dir", "-cd", "--code_dir"])
def test_the_code_directory(tmp_path: Path, flag: str) -> None:
    write(tmp_path, engine_config_json='{"args": ["--revision", "a"]}')
    resolution = on_datarobot({**MODEL, "CODE_DIR": "/nowhere"}, flag, str(tmp_path))
    assert (resolution.errors, resolution.warnings) == ((), ())
    assert (resolution.value("code_dir"), resolution.value("revision")) == (str(tmp_path), "a")


def test_those_that_mean_something(tmp_path: Path) -> None:
    definitions = "runtimeParameterDefinitions:\n- fieldName: max_tokens\n  type: numeric\n"
    write(tmp_path, **{"model-metadata_yaml": METADATA + definitions, "values_yaml": "max_tokens: 5"})
    values = ("--runtime-params-file", str(tmp_path / "values.yaml"))
    resolution = on_datarobot({**MODEL, "ADDRESS": "a:1"}, "--address=b:2", *values, code=tmp_path)
    assert resolution.errors == resolution.warnings == ()
    assert [resolution.value(name) for name in ("host", "port", "max_tokens")] == ["b", 2, 5]


def test_another_target_type_cannot_be_served() -> None:
    assert len(on_datarobot(MODEL, "--target-type", "binary").errors) == 1


def test_a_slip() -> None:
    (error,) = on_datarobot(MODEL, "--loging-level=info").errors
    assert error.startswith("--loging-level is not a flag of the worker or of vLLM; did you mean --logging-level?")
