from pathlib import Path

import pytest

from tests.platforms.datarobot.resolving import LOAD_MODEL, MODEL, on_datarobot, parameter, write, write_arguments

NAMED = [
    ("--model", "vllm"),
    ("--model", "mymodel"),
    ("--tokenizer", "vllm/tokenizer"),
    ("--chat-template", "vllm/chat.jinja"),
]


@pytest.mark.parametrize(("flag", "path"), NAMED)
@pytest.mark.parametrize("how", ["engine_config.json", "command line"])
def test_what_load_model_may_bring_is_awaited(tmp_path: Path, flag: str, path: str, how: str) -> None:
    write(tmp_path, custom_py=LOAD_MODEL)
    arguments = [flag, str(tmp_path / path)]
    if how == "engine_config.json":
        write_arguments(tmp_path, *arguments)
        arguments = []
    resolution = on_datarobot(MODEL, *arguments, code=tmp_path)
    assert resolution.errors == ()
    ((name, (named, cited)),) = resolution.value("awaited").items()
    assert (name, named) == (flag.removeprefix("--").replace("-", "_"), str(tmp_path / path))
    assert cited.startswith(f"{name} '{named}' (")
    assert how in cited


def test_the_runtime_parameter_may_name_what_is_awaited(tmp_path: Path) -> None:
    write(tmp_path, custom_py=LOAD_MODEL)
    resolution = on_datarobot(parameter("model", "string", f"{tmp_path}/mymodel"), code=tmp_path)
    assert resolution.errors == ()
    assert list(resolution.value("awaited")) == ["model"]


@pytest.mark.parametrize(("flag", "path"), NAMED)
def test_without_load_model_nothing_is_awaited(tmp_path: Path, flag: str, path: str) -> None:
    write(tmp_path, custom_py="def chat(parameters, model): ...")
    resolution = on_datarobot(MODEL, flag, str(tmp_path / path), code=tmp_path)
    assert len(resolution.errors) == 1
    assert "does not exist" in resolution.errors[0]
    assert resolution.value("awaited") is None


def test_what_is_outside_of_the_code_directory_is_not_awaited(tmp_path: Path) -> None:
    write(tmp_path, custom_py=LOAD_MODEL)
    assert on_datarobot({}, "--model", "/nowhere/vllm", code=tmp_path).errors != ()


def test_a_template_that_is_there_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path, custom_py=LOAD_MODEL, chat_jinja="{% if")
    (error,) = on_datarobot(MODEL, "--chat-template", f"{tmp_path}/chat.jinja", code=tmp_path).errors
    assert "is not a Jinja template" in error


def test_nobody_else_says_what_is_awaited(tmp_path: Path) -> None:
    (error,) = on_datarobot(MODEL, "--tokenizer", "/nowhere", "--awaited", '{"tokenizer": 1}', code=tmp_path).errors
    assert error.startswith("tokenizer '/nowhere' (command line) does not exist")
