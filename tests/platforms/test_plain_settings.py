from pathlib import Path

import pytest

from dragoman.models import MINI
from dragoman.platforms import resolve
from dragoman.settings.resolution import Resolution, ResolvedSetting
from tests.settings.tuning.machines import describe


def find(resolution: Resolution, name: str) -> ResolvedSetting:
    (setting,) = (setting for setting in resolution.settings if setting.name == name)
    return setting


def test_the_order_of_the_sources(tmp_path: Path) -> None:
    file = tmp_path / "vllm.yaml"
    file.write_text("model: of/file")
    environment = {"VLLM_EXTRA_ARGS": "--model of/raw", "MODEL_NAME": "of/name", "MODEL": "of/model"}
    model = find(resolve(["of/command", "--config", str(file)], environment), "model")
    assert (model.value, model.source) == ("of/command", "command line")
    assert model.overridden == (
        ("of/raw", "variable VLLM_EXTRA_ARGS"),
        ("of/name", "variable MODEL_NAME"),
        ("of/model", "variable MODEL"),
        ("of/file", f"{file} line 1"),
    )


def test_the_bundled_model(monkeypatch: pytest.MonkeyPatch) -> None:
    describe(monkeypatch)
    resolution = resolve(["--gpus", "0"], {})
    assert resolution.engine_args == (
        *("--model", str(MINI)),
        "--enable-auto-tool-choice",
        *("--tool-call-parser", "hermes"),
        "--enforce-eager",
        *("--served-model-name", "dragoman-mini"),
        *("--kv-cache-memory-bytes", str(512 * 2**20)),
    )
    assert find(resolution, "tool_call_parser").source == "worker default for the bundled model"
    assert resolution.environment["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["org/name"], {}), ([], {"MODEL_NAME": "org/name"}), (["--engine-url", "http://h"], {})],
)
def test_another_model(arguments: list[str], environment: dict[str, str]) -> None:
    resolution = resolve(arguments, environment)
    assert resolution.value("tool_call_parser") is None
    assert resolution.value("served_model_name") is None
    assert not resolution.errors


def test_an_empty_model_name_leaves_the_bundled_model() -> None:
    assert resolve([], {"MODEL_NAME": "", "MODEL": "none"}).value("model") == str(MINI)


def test_the_users_word_beats_the_defaults_for_the_bundled_model() -> None:
    resolution = resolve(["--no-enable-auto-tool-choice"], {"SERVED_MODEL_NAME": "mine,yours"})
    assert resolution.value("enable_auto_tool_choice") is False
    assert resolution.value("served_model_name") == ["mine", "yours"]


def test_a_variable_of_each_kind() -> None:
    environment = {
        "MAX_MODEL_LEN": "8k",
        "ENFORCE_EAGER": "On",
        "DISABLE_LOG_STATS": "0",
        "HF_OVERRIDES": "{'rope': 1}",
        "LORA_MODULES": '[{"name": "a", "path": "/a"}, {"name": "b", "path": "/b"}]',
        "DRAGOMAN_PORT": "9000",
        "PORT": "1",
        "VLLM_API_KEY": "sesame",
    }
    resolution = resolve(["org/name", "--gpus", "1"], environment)
    assert not resolution.errors
    assert resolution.engine_args == (
        *("--model", "org/name"),
        *("--lora-modules", '{"name": "a", "path": "/a"}', '{"name": "b", "path": "/b"}'),
        *("--max-model-len", "8000"),
        "--enforce-eager",
        *("--hf-overrides", '{"rope": 1}'),
    )
    assert resolution.value("port") == 9000


def test_a_wrong_boolean_names_variable_and_value() -> None:
    (error,) = resolve([], {"ENFORCE_EAGER": "maybe"}).errors
    assert error.startswith("enforce_eager: 'maybe' is not a boolean")
    assert error.endswith("(variable ENFORCE_EAGER)")
