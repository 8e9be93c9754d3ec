"""`explain --as`, as a user runs it."""

import json

import pytest

from dragoman.written.targets import TARGETS
from tests.cli.test_processes import run


@pytest.mark.parametrize("arguments", [("--as", "runpod"), ("--as=runpod",), ("-tp", "1", "--as", "runpod")])
def test_the_text_is_on_stdout_and_the_warnings_beside_it(arguments: tuple[str, ...]) -> None:
    done = run("explain", "org/m", "--gpus", "0", "--port", "9000", *arguments, HF_TOKEN="hf_sesame")
    assert done.returncode == 0
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert lines[0] == "MODEL_NAME=org/m"
    assert lines[-1] == "HF_TOKEN={{ RUNPOD_SECRET_HF_TOKEN }}"
    warnings = done.stderr.splitlines()
    assert [line.split()[2] for line in warnings] == ["port", "HF_TOKEN"]
    assert all(f"# {line.removeprefix('dragoman: warning: ')}" in done.stdout for line in warnings)
    assert "sesame" not in done.stdout + done.stderr


def test_several_texts_have_headings() -> None:
    done = run("explain", "org/m", "--gpus", "0", "--as", "datarobot")
    assert done.stdout.startswith('# engine_config.json\n{\n  "args": [\n')
    assert "\n}\n\n# runtime-parameters.env\n" in done.stdout


def test_json() -> None:
    done = run("explain", "org/m", "--gpus", "0", "--as", "datarobot", "--json", MAX_MODLE_LEN="1")
    written = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert written.keys() == {"as", "files", "warnings", "errors"}
    assert written["as"] == "datarobot"
    assert [file["name"] for file in written["files"]] == ["engine_config.json", "runtime-parameters.env"]
    assert "--model" in json.loads(written["files"][0]["text"])["args"]
    assert written["warnings"] == ["variable MAX_MODLE_LEN sets nothing; did you mean MAX_MODEL_LEN?"]


def test_a_configuration_with_errors_is_not_written() -> None:
    done = run("explain", "org/m", "--as", "runpod", "--max-modle-len", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dragoman: error: --max-modle-len is not a flag")


def test_errors_as_json() -> None:
    done = run("explain", "org/m", "--as", "runpod", "--json", "--max-modle-len", "1")
    written = json.loads(done.stdout)
    assert (done.returncode, written["files"], len(written["errors"])) == (2, [], 1)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--as", "k8s"), "'k8s' is nothing that a configuration is written for"),
        (("--as",), "it needs a value"),
        (("--as=",), "it needs a value"),
    ],
)
def test_an_unknown_target(arguments: tuple[str, ...], problem: str) -> None:
    done = run("explain", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    expected = f"dragoman: error: --as: {problem}; choose one of runpod, lmi, datarobot, cli, kubernetes\n"
    assert done.stderr == expected


def test_help_teaches_it() -> None:
    done = run("explain", "--help")
    assert f"--as {'|'.join(TARGETS)}" in done.stdout
