from pathlib import Path

import pytest

from dragoman.platforms.datarobot.configuration.custom_code import line_of
from tests.platforms.datarobot.resolving import LOAD_MODEL, MODEL, on_datarobot, write, write_arguments
from tests.settings.resolutions import find


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (LOAD_MODEL, 1),
        ("import os\n\nasync def load_model(code_dir): ...", 3),
        ("from hooks import load_model", 1),
        ("from hooks import fetch as load_model", 1),
        ("from hooks import *", 1),
        ("load_model = print", 1),
        ("load_model: object = print", 1),
        ("init, load_model = print, print", 1),
        ("[init, (_, *load_model)] = hooks()", 1),
        ("if True:\n    def load_model(code_dir): ...", 2),
        ("try:\n    import a\nexcept ImportError:\n    load_model = print", 4),
        ("match 1:\n    case 1:\n        load_model = print", 3),
        ("", None),
        ("def chat(parameters, model): ...", None),
        ("def init(code_dir):\n    load_model = print", None),
        ("class A:\n    def load_model(self): ...", None),
        ("from hooks import load_model as fetch", None),
        ("load_model: object", None),
        ("hooks[load_model], load_model.x = 1, 2", None),
        ("x = '\\d'", None),
    ],
)
def test_where_a_hook_is_defined(tmp_path: Path, code: str, line: int | None) -> None:
    assert line_of("load_model", write(tmp_path, custom_py=code) / "custom.py") == line


def test_a_hook_that_brings_the_model(tmp_path: Path) -> None:
    resolution = on_datarobot({}, code=write(tmp_path, custom_py=LOAD_MODEL))
    assert resolution.errors == resolution.warnings == ()
    assert "--model" not in resolution.engine_args
    hook = find(resolution, "model_from_hook")
    assert hook.value is True
    assert hook.source == f"{tmp_path}/custom.py line 1: load_model may fill {tmp_path}/vllm"


def test_a_hook_beside_the_runtime_parameter(tmp_path: Path) -> None:
    resolution = on_datarobot(MODEL, code=write(tmp_path, custom_py=LOAD_MODEL))
    assert (resolution.value("model"), resolution.value("model_from_hook")) == ("org/m", True)


def test_a_model_that_the_hook_leaves_as_it_is(tmp_path: Path) -> None:
    write_arguments(write(tmp_path, custom_py=LOAD_MODEL), "--model", "a/b")
    resolution = on_datarobot(MODEL, code=tmp_path)
    assert (resolution.value("model"), resolution.value("model_from_hook")) == ("a/b", False)
    assert on_datarobot({}, "--model", "c/d", code=tmp_path).value("model_from_hook") is False


def test_custom_code_without_the_hook(tmp_path: Path) -> None:
    write(tmp_path, custom_py="def chat(parameters, model): ...")
    assert on_datarobot(MODEL, code=tmp_path).value("model_from_hook") is False
    (error,) = on_datarobot({}, code=tmp_path).errors
    assert error.startswith("there is no model")


def test_custom_code_further_down(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    write(tmp_path / "a" / "b", custom_py=LOAD_MODEL)
    assert on_datarobot({}, code=tmp_path).value("model_from_hook") is True


def test_several_of_them(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write(tmp_path, custom_py=LOAD_MODEL)
    write(tmp_path / "a", custom_py="")
    (error,) = on_datarobot(MODEL, code=tmp_path).errors
    assert error == f"there must be one custom.py, and these are 2: {tmp_path}/a/custom.py, {tmp_path}/custom.py"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (b"def load_model(:\n", "invalid syntax in line 1"),
        (b"x = 1\n\ty = 2\n", "unexpected indent in line 2"),
        (b"\xff", ""),
        (b"x = '\0'", ""),
        (b"(" * 1000, "too many nested parentheses in line 1"),
        (b"x = " + b"-" * 100000 + b"1", ""),
    ],
)
def test_what_is_not_python(tmp_path: Path, code: bytes, problem: str) -> None:
    (tmp_path / "custom.py").write_bytes(code)
    (error,) = on_datarobot(MODEL, code=tmp_path).errors
    assert error.startswith(f"{tmp_path}/custom.py: {problem}")


def test_it_is_not_run(tmp_path: Path) -> None:
    write(tmp_path, custom_py="raise SystemExit")
    assert on_datarobot(MODEL, code=tmp_path).errors == ()
