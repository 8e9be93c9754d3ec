from pathlib import Path

import pytest

from dragoman.platforms.datarobot.configuration.model_directory import is_filled
from tests.platforms.datarobot.resolving import LOAD_MODEL, MODEL, on_datarobot, write, write_arguments
from tests.settings.resolutions import find


def model_in(code: Path) -> Path:
    """Put what looks like a model into the code directory."""
    (code / "vllm").mkdir()
    return write(code / "vllm", config_json="{}").parent


def test_what_is_there_is_the_model(tmp_path: Path) -> None:
    resolution = on_datarobot({}, code=model_in(tmp_path))
    model = find(resolution, "model")
    assert (model.value, model.source) == (f"{tmp_path}/vllm", f"directory {tmp_path}/vllm")
    assert resolution.errors == resolution.warnings == ()


def test_it_is_stronger_than_the_runtime_parameter(tmp_path: Path) -> None:
    model = find(on_datarobot(MODEL, code=model_in(tmp_path)), "model")
    assert model.value == f"{tmp_path}/vllm"
    assert model.overridden == (("org/m", "variable MLOPS_RUNTIME_PARAM_model"),)


def test_engine_config_is_stronger(tmp_path: Path) -> None:
    write_arguments(model_in(tmp_path), "--model", "a/b")
    assert on_datarobot(MODEL, code=tmp_path).engine_args[:2] == ("--model", "a/b")


def test_an_empty_directory_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "vllm").mkdir()
    assert on_datarobot(MODEL, code=tmp_path).value("model") == "org/m"


def test_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "vllm").touch()
    assert on_datarobot(MODEL, code=tmp_path).value("model") == "org/m"


@pytest.mark.parametrize("environment", [{}, MODEL])
def test_what_is_there_and_is_no_model(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "vllm").mkdir()
    write(tmp_path / "vllm", weights_bin="x")
    resolution = on_datarobot(environment, code=tmp_path)
    assert resolution.errors == (
        f"{tmp_path}/vllm has none of config.json, params.json or a .gguf file in it, so it is no model: it holds "
        "'weights.bin'; put all files of the model there, or remove these to use another model",
    )


def test_many_files_that_are_no_model(tmp_path: Path) -> None:
    for name in "abcdef":
        (tmp_path / "vllm" / name).mkdir(parents=True)
    (error,) = on_datarobot({}, code=tmp_path).errors
    assert "it holds 'a/', 'b/', 'c/', 'd/', 'e/' and 1 more; " in error


def test_a_model_that_is_a_folder_too_deep(tmp_path: Path) -> None:
    (tmp_path / "vllm" / "mini").mkdir(parents=True)
    write(tmp_path / "vllm" / "mini", config_json="{}")
    (error,) = on_datarobot({}, code=tmp_path).errors
    assert error.endswith(f"so it is no model: put the files of {tmp_path}/vllm/mini into {tmp_path}/vllm itself")


def test_a_configuration_that_cannot_be_one(tmp_path: Path) -> None:
    write(model_in(tmp_path) / "vllm", config_json="[")
    (error,) = on_datarobot({}, code=tmp_path).errors
    assert "has a config.json that is not a JSON object, so it is no model: it holds 'config.json'; " in error


def test_what_is_no_model_does_not_matter_beside_a_stronger_one(tmp_path: Path) -> None:
    (tmp_path / "vllm").mkdir()
    write(tmp_path / "vllm", notes_txt="x")
    assert on_datarobot({}, "--model", "a/b", code=tmp_path).errors == ()


def test_what_a_hook_will_complete(tmp_path: Path) -> None:
    (tmp_path / "vllm").mkdir()
    write(tmp_path / "vllm", notes_txt="x")
    resolution = on_datarobot(MODEL, code=write(tmp_path, custom_py=LOAD_MODEL))
    assert resolution.errors == ()
    assert (resolution.value("model"), resolution.value("model_from_hook")) == ("org/m", True)


def test_a_relative_code_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model_in(tmp_path)
    monkeypatch.chdir(tmp_path.parent)
    resolution = on_datarobot({}, "--code-dir", tmp_path.name)
    assert resolution.value("model") == f"{tmp_path}/vllm"
    assert resolution.value("code_dir") == str(tmp_path)


@pytest.mark.parametrize("path", ["/nowhere", "\0"])
def test_nothing_is_not_filled(path: str) -> None:
    assert not is_filled(Path(path))
