import json
from pathlib import Path

import pytest

from tests.settings.resolutions import find, on_plain, on_runpod


def key_file(directory: Path, content: str | bytes, mode: int = 0o600) -> str:
    path = directory / "keys"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize(
    ("environment", "keys"),
    [
        ({"DRAGOMAN_API_KEY": "one"}, ["one"]),
        ({"DRAGOMAN_API_KEY": "one,two"}, ["one", "two"]),
        ({"DRAGOMAN_API_KEY": " one  two\nthree "}, ["one", "two", "three"]),
        ({"DRAGOMAN_API_KEY": "-one, -two"}, ["-one", "-two"]),
        ({"VLLM_API_KEY": "one"}, ["one"]),
        ({"DRAGOMAN_API_KEY": "one", "VLLM_API_KEY": "two"}, ["one"]),
        ({"DRAGOMAN_API_KEY": ""}, None),
        ({}, None),
    ],
)
def test_keys_in_variables(environment: dict[str, str], keys: list[str] | None) -> None:
    resolution = on_plain(environment)
    assert resolution.value("api_key") == keys
    assert not resolution.errors
    assert not any("sesame" in argument for argument in resolution.engine_args)


def test_vllm_never_sees_a_key() -> None:
    resolution = on_plain({"DRAGOMAN_API_KEY": "sesame", "VLLM_API_KEY": "open"}, "--api-key", "tulip")
    assert "--api-key" not in resolution.engine_args
    assert find(resolution, "api_key").flag is None
    assert resolution.environment["DRAGOMAN_API_KEY"] is resolution.environment["VLLM_API_KEY"] is None


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ("one\n", ["one"]),
        ("# for the team\none\n\n  two  \n#three\n", ["one", "two"]),
        ("\ufeffone\r\ntwo\r\n", ["one", "two"]),
    ],
)
def test_keys_in_a_file(tmp_path: Path, content: str, keys: list[str]) -> None:
    resolution = on_plain({"DRAGOMAN_API_KEY_FILE": key_file(tmp_path, content)})
    assert (resolution.value("api_key"), resolution.errors, resolution.warnings) == (keys, (), ())


def test_a_file_and_a_variable_both_count(tmp_path: Path) -> None:
    path = key_file(tmp_path, "one")
    resolution = on_plain({"DRAGOMAN_API_KEY": "two"}, "--api-key-file", path)
    setting = find(resolution, "api_key")
    assert (setting.value, setting.source) == (["one", "two"], f"{path} and variable DRAGOMAN_API_KEY")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "there is no key in it"),
        ("# nothing\n\n", "there is no key in it"),
        ("sesame\nopen sesame\n", "line 2 holds more than a key"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        ("a" * 2_000_000, "it is too large for a list of keys"),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = key_file(tmp_path, content)
    (error,) = on_plain({}, "--api-key-file", path).errors
    assert error == f"api_key_file {path!r} (command line): {problem}"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (missing,) = on_plain({}, "--api-key-file", "/nowhere").errors
    assert missing == "api_key_file '/nowhere' (command line): No such file or directory"
    (directory,) = on_plain({}, "--api-key-file", str(tmp_path)).errors
    assert directory.endswith("Is a directory")


def test_a_file_that_everybody_can_read_is_a_warning(tmp_path: Path) -> None:
    path = key_file(tmp_path, "one", mode=0o644)
    (warning,) = on_plain({}, "--api-key-file", path).warnings
    assert warning.endswith("can be read by every user of the machine: chmod o-r it")


@pytest.mark.parametrize(
    ("arguments", "variable"), [(["--api-key", "k"], "DRAGOMAN_API_KEY"), (["--hf-token", "h"], "HF_TOKEN")]
)
def test_a_secret_on_the_command_line_is_a_warning(arguments: list[str], variable: str) -> None:
    (warning,) = on_plain({}, *arguments).warnings
    assert warning == (
        f"{arguments[0][2:].replace('-', '_')} *** (command line) can be seen by every user of the machine: "
        f"set {variable} instead"
    )


@pytest.mark.parametrize("variable", ["DRAGOMAN_API_KEY", "VLLM_API_KEY"])
def test_nothing_shows_a_key(variable: str) -> None:
    resolution = on_plain({variable: "sesame-open"})
    assert "sesame-open" not in json.dumps(resolution.to_json())
    assert find(resolution, "api_key").to_json()["value"] == ["***"]


def test_a_queue_of_runpods_admits_the_jobs_that_it_takes() -> None:
    assert on_runpod({}).value("max_queue") == 300
    assert on_runpod({"MAX_CONCURRENCY": "700"}).value("max_queue") == 700
    assert on_runpod({"DRAGOMAN_MAX_QUEUE": "5"}).value("max_queue") == 5
    assert on_runpod({"RUNPOD_WEBHOOK_GET_JOB": "", "RUNPOD_ENDPOINT_ID": "ep"}).value("max_queue") is None
