import json
from pathlib import Path

import pytest

from dragoman.platforms.datarobot.settings import PLATFORM
from dragoman.platforms.datarobot.written import OWN, TARGET
from tests.written.readers import env_file
from tests.written.sources import SOURCES, Source


def held(tmp_path: Path, source: Source) -> tuple[list[str], dict[str, str]]:
    """Return the flags, and the runtime parameters as variables."""
    config, parameters = source.write("datarobot", tmp_path).files
    assert (config.name, parameters.name) == ("engine_config.json", "runtime-parameters.env")
    return json.loads(config.text)["args"], env_file(parameters.text)


ROWS = [
    ((), [], {}),
    (("-tp", "2"), ["--tensor-parallel-size", "2"], {}),
    (("--no-enable-prefix-caching",), ["--no-enable-prefix-caching"], {}),
    (("--hf-overrides.a", "x\ny"), ["--hf-overrides", '{"a": "x\\ny"}'], {}),
    (("--revision", "a\n'\" é"), ["--revision", "a\n'\" é"], {}),
    # As an element of its own, this would be a flag and its value.
    (("--revision", " --dtype x"), ["--revision= --dtype x"], {}),
    (("--max-queue", "5"), [], {"DRAGOMAN_MAX_QUEUE": "5"}),
    (
        ("--request-timeout", "5"),
        [],
        {"MLOPS_RUNTIME_PARAM_DRUM_OPENAI_CLIENT_TIMEOUT": '{"type": "numeric", "payload": 5.0}'},
    ),
    (("--worker-multiproc-method", "spawn"), [], {"VLLM_EXTRA_ARGS": "--worker-multiproc-method spawn"}),
]


@pytest.mark.parametrize(("arguments", "flags", "variables"), ROWS)
def test_the_file_and_the_parameters(
    arguments: tuple[str, ...], flags: list[str], variables: dict[str, str], tmp_path: Path
) -> None:
    said, parameters = held(tmp_path, Source("plain", ("org/m", *arguments), gpus=0))
    assert said == ["--model", "org/m", *flags, "--served-model-name", "org/m"]
    assert parameters == variables


def test_a_flag_and_its_values_are_on_a_line(tmp_path: Path) -> None:
    config, _ = Source("plain", ("org/m", "--served-model-name", "a", "b"), gpus=0).write("datarobot", tmp_path).files
    assert config.text == ('{\n  "args": [\n    "--model", "org/m",\n    "--served-model-name", "a", "b"\n  ]\n}\n')


def test_no_flags(tmp_path: Path) -> None:
    said, parameters = held(tmp_path, SOURCES["plain with another's engine"])
    assert (said, parameters) == ([], {"DRAGOMAN_ENGINE_URL": "http://host:8000"})


def test_the_hubs_key_is_a_credential(tmp_path: Path) -> None:
    _, parameters = held(tmp_path, SOURCES["plain with keys"])
    credential = {"type": "credential", "payload": {"credentialType": "api_token", "apiToken": "***"}}
    assert {name: json.loads(value) for name, value in parameters.items()} == {
        "MLOPS_RUNTIME_PARAM_HuggingFaceToken": credential
    }


def test_clients_have_no_keys_of_the_workers(tmp_path: Path) -> None:
    warnings = SOURCES["plain with keys"].write("datarobot", tmp_path).warnings
    assert "DRAGOMAN_API_KEY is left out: calls come from DataRobot, which checks its own keys" in warnings


def test_its_own_parameters(tmp_path: Path) -> None:
    _, parameters = held(tmp_path, SOURCES["datarobot with parameters"])
    assert json.loads(parameters["MLOPS_RUNTIME_PARAM_system_prompt"])["payload"] == 'Be "brief".\nAlways.'
    assert json.loads(parameters["MLOPS_RUNTIME_PARAM_temperature"]) == {"type": "numeric", "payload": 0.0}
    assert json.loads(parameters["MLOPS_RUNTIME_PARAM_verifySSL"]) == {"type": "boolean", "payload": False}


def test_every_setting_of_its_own_has_a_reason() -> None:
    own = {each.name for each in PLATFORM.settings if each.use == "worker" and each.group == "DataRobot"}
    assert own - OWN.keys() - TARGET.derived == {"request_timeout", "hugging_face_token"}


def test_what_other_platforms_do_not_have(tmp_path: Path) -> None:
    warnings = SOURCES["datarobot with parameters"].write("cli", tmp_path).warnings
    left = [warning.split(" ")[0] for warning in warnings if "is left out" in warning]
    assert left == ["target_name", "system_prompt", "max_tokens", "temperature", "verify_ssl"]
    assert any(warning.startswith("HF_TOKEN is secret and not written") for warning in warnings)
