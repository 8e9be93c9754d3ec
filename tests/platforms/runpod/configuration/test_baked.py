import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.platforms.runpod.configuration import baked
from dragoman.settings.resolution import Resolution
from tests.settings.resolutions import find, on_runpod


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that the files of an image are in."""
    for name in ("ARGUMENTS", "MODEL", "TOKENIZER"):
        monkeypatch.setattr(baked, name, tmp_path / getattr(baked, name).name)
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    return tmp_path


def bake(image: Path, arguments: Mapping[str, object]) -> None:
    held = {"MODEL_NAME": str(image / "model"), **arguments}
    (image / "local_model_args.json").write_text(json.dumps(held))


def names(resolution: Resolution) -> list[str] | None:
    served: list[str] | None = resolution.value("served_model_name")
    return served


def test_it_stands_above_the_environment(image: Path) -> None:
    bake(image, {"TOKENIZER_NAME": "o/t", "QUANTIZATION": "awq", "MODEL_REVISION": "", "TOKENIZER_REVISION": None})
    resolution = on_runpod({"MODEL_NAME": "org/m", "TOKENIZER_NAME": "o/u", "QUANTIZATION": "gptq", "REVISION": "r"})
    file = image / "local_model_args.json"
    model = find(resolution, "model")
    assert (model.value, model.source) == (str(image / "model"), f"{file} key MODEL_NAME")
    assert model.overridden == (("org/m", "variable MODEL_NAME"),)
    assert resolution.value("tokenizer") == "o/t"
    assert resolution.value("quantization") == "awq"
    assert resolution.value("revision") == "r"
    assert resolution.errors == resolution.warnings == ()


@pytest.mark.parametrize(
    ("environment", "arguments"), [({}, ["org/other"]), ({"VLLM_EXTRA_ARGS": "--model org/other"}, [])]
)
def test_it_stands_below_the_command_line(image: Path, environment: dict[str, str], arguments: list[str]) -> None:
    bake(image, {})
    assert on_runpod(environment, *arguments).value("model") == "org/other"


def test_any_field(image: Path) -> None:
    bake(image, {"max_model_len": 64, "TRUST_REMOTE_CODE": True})
    resolution = on_runpod({"MAX_MODEL_LEN": "32"})
    assert resolution.value("max_model_len") == 64
    assert resolution.value("trust_remote_code") is True


@pytest.mark.parametrize(
    ("arguments", "environment", "served"),
    [
        ({}, {"MODEL_NAME": "org/m"}, ["org/m"]),
        ({}, {"MODEL_NAME": ""}, None),
        ({"SERVED_MODEL_NAME": "org/n"}, {"MODEL_NAME": ""}, ["org/n"]),
        ({"SERVED_MODEL_NAME": "org/n"}, {"OPENAI_SERVED_MODEL_NAME_OVERRIDE": "gpt"}, ["gpt", "org/n"]),
        ({}, {"OPENAI_SERVED_MODEL_NAME_OVERRIDE": "gpt"}, ["gpt", "org/m"]),
        ({"SERVED_MODEL_NAME": "org/n"}, {"SERVED_MODEL_NAME": "mine"}, ["mine"]),
    ],
)
def test_the_served_name(
    image: Path, arguments: dict[str, str], environment: dict[str, str], served: list[str] | None
) -> None:
    bake(image, arguments)
    assert names(on_runpod(environment)) == served


def test_the_files_of_the_oldest_images(image: Path) -> None:
    (image / "local_model_path.txt").write_text(f"{image / 'model'}\n")
    (image / "local_tokenizer_path.txt").write_text(str(image))
    resolution = on_runpod({"TOKENIZER_NAME": "o/t"})
    assert find(resolution, "model").source == str(image / "local_model_path.txt")
    assert resolution.value("tokenizer") == str(image)
    assert names(resolution) == ["org/m"]


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000])
def test_a_broken_file(image: Path, text: str) -> None:
    file = image / "local_model_args.json"
    file.write_text(text)
    (error,) = on_runpod({}).errors
    assert error.startswith(f"{file} cannot be read: ")


def test_a_path_that_is_not_utf_8(image: Path) -> None:
    file = image / "local_model_path.txt"
    file.write_bytes(b"/\xff")
    (error,) = on_runpod({}).errors
    assert error == f"model: '/\\udcff' is not UTF-8 ({file})"


@pytest.mark.parametrize("name", ["local_model_args.json", "local_model_path.txt"])
def test_a_directory_in_its_place(image: Path, name: str) -> None:
    (image / name).mkdir()
    (error,) = on_runpod({}).errors
    assert error == f"{image / name} cannot be read: Is a directory"


def test_a_model_that_is_gone(image: Path) -> None:
    bake(image, {"MODEL_NAME": "/nowhere"})
    (error,) = on_runpod({}).errors
    assert "/nowhere" in error
    assert "local_model_args.json key MODEL_NAME" in error


def test_what_it_does_not_say(image: Path) -> None:
    (image / "local_model_args.json").write_text('{"NONSENSE": 1}')
    assert on_runpod({}).warnings == (
        f"{image / 'local_model_args.json'}: NONSENSE sets nothing",
        f"{image / 'local_model_args.json'} names no model",
    )


@pytest.mark.parametrize(
    ("environment", "offline"),
    [
        ({}, {"TRANSFORMERS_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}),
        ({"HF_HUB_OFFLINE": "0"}, {"TRANSFORMERS_OFFLINE": "1"}),
        ({"LORA_MODULES": "a=o/a"}, {}),
        ({"LORA_MODULES": "a=/bin"}, {"TRANSFORMERS_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}),
        ({"TOKENIZER": "o/t"}, {}),
        ({"SPECULATIVE_MODEL": "o/d", "NUM_SPECULATIVE_TOKENS": "2"}, {}),
        ({"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1"}, {}),
        ({"VLLM_EXTRA_ARGS": "--model org/other"}, {}),
    ],
)
def test_the_hub_is_not_asked(image: Path, environment: dict[str, str], offline: dict[str, str]) -> None:
    bake(image, {})
    variables = on_runpod(environment).environment
    assert {name: value for name, value in variables.items() if name.endswith("OFFLINE")} == offline
