import json
from pathlib import Path

import pytest

from tests.platforms.datarobot.resolving import MODEL, on_datarobot, parameter, write, write_arguments
from tests.settings.resolutions import find

RUNTIME = {
    **MODEL,
    **parameter("max_model_len", "numeric", 4096),
    **parameter("gpu_memory_utilization", "numeric", 0.5),
    **parameter("served_model_name", "string", "of-parameter"),
    **parameter("trust_remote_code", "boolean", True),
    "GPU_COUNT": "4",
}


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--model", "a/b"], "model", "a/b"),
        (["--model=a/b"], "model", "a/b"),
        (["a/b"], "model", "a/b"),
        (["--max-model-len", "2048"], "max_model_len", 2048),
        (["--max-model-len", 2048], "max_model_len", 2048),
        (["--max-model-len=2k"], "max_model_len", 2000),
        (["--max_model_len", "2048"], "max_model_len", 2048),
        (["--max_model_len=2048"], "max_model_len", 2048),
        (["--gpu-memory-utilization", 0.7], "gpu_memory_utilization", 0.7),
        (["--gpu_memory_utilization=0.7"], "gpu_memory_utilization", 0.7),
        (["--served-model-name", "one", "two"], "served_model_name", ["one", "two"]),
        (["--trust-remote-code"], "trust_remote_code", True),
        (["--no-trust-remote-code"], "trust_remote_code", False),
        (["--tensor-parallel-size", "2"], "tensor_parallel_size", 2),
        (["--tensor_parallel_size=2"], "tensor_parallel_size", 2),
        (["-tp", "2"], "tensor_parallel_size", 2),
        (["-tp=2"], "tensor_parallel_size", 2),
        (["-pp", 2], "pipeline_parallel_size", 2),
        (["--pipeline-parallel-size=2"], "pipeline_parallel_size", 2),
    ],
)
def test_it_wins_in_every_spelling(tmp_path: Path, arguments: list[object], name: str, value: object) -> None:
    setting = find(on_datarobot(RUNTIME, code=write_arguments(tmp_path, *arguments)), name)
    assert (setting.value, setting.source) == (value, f"{tmp_path}/engine_config.json args[0]")


@pytest.mark.parametrize("arguments", [["-tp", "2"], ["-tp=2"], ["-pp", "2"], ["--pipeline_parallel_size=2"]])
def test_a_parallel_size_is_the_only_one(tmp_path: Path, arguments: list[str]) -> None:
    engine_args = on_datarobot(RUNTIME, code=write_arguments(tmp_path, *arguments)).engine_args
    assert [each for each in engine_args if each.endswith("parallel-size")] == [
        f"--{'tensor' if 'tp' in arguments[0] else 'pipeline'}-parallel-size"
    ]


def test_the_place_of_each_flag(tmp_path: Path) -> None:
    write_arguments(
        tmp_path, "--seed=1", "--model", "a/b", "--hf-overrides.a", "1", "--seed", "2", "--hf-overrides.b=2", "-O3"
    )
    resolution = on_datarobot({}, code=tmp_path)
    names = ["model", "seed", "hf_overrides", "optimization_level"]
    places = {name: find(resolution, name).source.rpartition(" ")[2] for name in names}
    assert places == {"model": "args[1]", "seed": "args[5]", "hf_overrides": "args[3]", "optimization_level": "args[8]"}
    assert find(resolution, "seed").overridden == ((1, f"{tmp_path}/engine_config.json args[0]"),)
    assert resolution.value("hf_overrides") == {"a": 1, "b": 2}


def test_the_command_line_is_stronger(tmp_path: Path) -> None:
    assert on_datarobot({}, "--model", "c/d", code=write_arguments(tmp_path, "--model", "a/b")).value("model") == "c/d"


def test_the_documented_example(tmp_path: Path) -> None:
    template = write(tmp_path, template_jinja="{{ messages }}") / "template.jinja"
    write_arguments(tmp_path, "--model", "tiiuae/falcon-7b-instruct", "--chat-template", str(template))
    resolution = on_datarobot({}, code=tmp_path)
    assert resolution.errors == resolution.warnings == ()
    assert resolution.engine_args[:2] == ("--model", "tiiuae/falcon-7b-instruct")
    assert resolution.value("chat_template") == str(template)


@pytest.mark.parametrize("text", ["{}", '{"args": []}', '\ufeff{"args": []}'])
def test_a_file_without_flags(tmp_path: Path, text: str) -> None:
    resolution = on_datarobot(MODEL, code=write(tmp_path, engine_config_json=text))
    assert resolution.errors == resolution.warnings == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is not JSON: Expecting value"),
        ("{", "it is not JSON: "),
        ('{"args": ["--seed", "1",]}', "it is not JSON: "),
        ('["--seed", "1"]', "it is not a JSON object"),
        ('"--seed"', "it is not a JSON object"),
        ("[" * 10000, "it is nested too deeply"),
        ('{"args": "--seed 1"}', "args is '--seed 1', not a list"),
        ('{"args": 12345}', "args is 12345, not a list"),
        ('{"args": null}', "args is null, not a list"),
        ('{"args": {}}', "args is {}, not a list"),
        ('{"args": [], "arguments": []}', "'arguments': the only key that there is is 'args'"),
        ('{"args": ["--seed", true]}', "args[1] is true, not text"),
        ('{"args": ["--seed", null]}', "args[1] is null, not text"),
        (
            '{"args": ["--max-model-len 2048"]}',
            "args[0] begins with --max-model-len and goes on: flag and value are two elements",
        ),
        ('{"args": [["--seed", "1"]]}', "args[0] is ['--seed', '1'], not text"),
        ('{"args": ["--hf-overrides", {"a": 1}]}', "args[1] is {'a': 1}, not text"),
    ],
)
def test_what_the_schema_refuses(tmp_path: Path, text: str, problem: str) -> None:
    (error,) = on_datarobot(MODEL, code=write(tmp_path, engine_config_json=text)).errors
    assert error.startswith(f"{tmp_path}/engine_config.json: {problem}")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "engine_config.json").write_bytes(b"\xff\xfe\xfd")
    (error,) = on_datarobot(MODEL, code=tmp_path).errors
    assert error.startswith(f"{tmp_path}/engine_config.json: ")


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "engine_config.json").mkdir()
    assert on_datarobot(MODEL, code=tmp_path).errors == (f"{tmp_path}/engine_config.json: it is not a file",)


def test_only_the_root_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write_arguments(tmp_path / "inner", "--seed", "1")
    assert find(on_datarobot(MODEL, code=tmp_path), "seed").is_set is False


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--max-model-length", "1"], "--max-model-length is not a flag of the worker or of vLLM"),
        (["--max-model-len", "x"], "max_model_len: 'x' is not an integer"),
        (["--max-model-len"], "--max-model-len needs a value"),
        (["--code-dir", "/a"], "--code-dir is not a flag"),
        (["--system-prompt", "a"], "--system-prompt is not a flag"),
        (["--api-key", "sesame"], "api_key ***"),
    ],
)
def test_flags_that_make_no_sense(tmp_path: Path, arguments: list[str], error: str) -> None:
    (problem,) = on_datarobot(MODEL, code=write_arguments(tmp_path, *arguments)).errors
    assert problem.startswith(error)
    assert "engine_config.json" in problem
    assert "sesame" not in problem


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--host", "h"], "host"),
        (["--port=1"], "port"),
        (["--ssl-keyfile", "/k"], "ssl_keyfile"),
        (["--uds", "/u"], "uds"),
    ],
)
def test_the_address_of_drums_engine(tmp_path: Path, arguments: list[str], name: str) -> None:
    plain = on_datarobot(MODEL)
    resolution = on_datarobot(MODEL, code=write_arguments(tmp_path, *arguments))
    assert resolution.value(name) == plain.value(name)
    (warning,) = resolution.warnings
    assert (
        warning == f"{name} is ignored: the engine has no port of its own here ({tmp_path}/engine_config.json args[0])"
    )


@pytest.mark.parametrize(
    ("arguments", "flags", "warnings"),
    [
        (["--disable-log-requests"], [], 0),
        (["--swap-space", "8"], [], 1),
        (["--tokenizer-mode", "slow"], ["--tokenizer-mode", "hf"], 1),
    ],
)
def test_flags_of_older_engines(tmp_path: Path, arguments: list[str], flags: list[str], warnings: int) -> None:
    resolution = on_datarobot(MODEL, code=write_arguments(tmp_path, *arguments))
    assert resolution.errors == ()
    assert [each for each in resolution.engine_args if each in flags] == flags
    assert len(resolution.warnings) == warnings


def test_text_that_looks_like_a_number_stays_text(tmp_path: Path) -> None:
    write(tmp_path, engine_config_json=json.dumps({"args": ["--revision", "007"]}))
    assert on_datarobot(MODEL, code=tmp_path).value("revision") == "007"
