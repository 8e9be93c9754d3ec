from collections.abc import Sequence
from pathlib import Path

import pytest

from dragoman.settings.assignments import Assignment, Reading, Settled
from dragoman.settings.sources import CommandLine, ConfigFile, Defaults, RawArguments, Variables
from dragoman.settings.worker import load_catalogue

CATALOGUE = load_catalogue(["plain"]).with_variables({"model": ["MODEL_NAME"]})


def read_file(path: Path, text: str) -> Reading:
    path.write_text(text)
    return ConfigFile().read(CATALOGUE, {"config": Settled(str(path), "command line")})


def test_command_line() -> None:
    reading = CommandLine(["-tp", "2"]).read(CATALOGUE, {})
    assert reading.assignments == (Assignment("tensor_parallel_size", "2", "command line"),)


def test_raw_arguments() -> None:
    reading = RawArguments("EXTRA", {"EXTRA": "--served-model-name 'a b' c"}).read(CATALOGUE, {})
    assert reading.assignments == (Assignment("served_model_name", ["a b", "c"], "variable EXTRA"),)


def test_raw_arguments_with_an_open_quote() -> None:
    reading = RawArguments("EXTRA", {"EXTRA": "--model 'secret"}).read(CATALOGUE, {})
    assert reading.errors == ("EXTRA cannot be split into flags: No closing quotation",)


def test_raw_arguments_that_are_not_there() -> None:
    assert RawArguments("EXTRA", {}).read(CATALOGUE, {}) == Reading()


def test_variables() -> None:
    reading = Variables({"MAX_MODEL_LEN": "8k", "PATH": "/bin"}).read(CATALOGUE, {})
    assert reading.assignments == (Assignment("max_model_len", "8k", "variable MAX_MODEL_LEN"),)


@pytest.mark.parametrize(
    ("variable", "text", "raw"),
    [("MODEL", " org/m\n", "org/m"), ("CHAT_TEMPLATE", " {{ x }}\n", " {{ x }}\n")],
)
def test_blanks_around_a_variable_count_in_a_template_only(variable: str, text: str, raw: str) -> None:
    (assignment,) = Variables({variable: text}).read(CATALOGUE, {}).assignments
    assert assignment.raw == raw


def test_the_strongest_variable_comes_last() -> None:
    reading = Variables({"MODEL_NAME": "a", "MODEL": "b"}).read(CATALOGUE, {})
    assert [assignment.raw for assignment in reading.assignments] == ["b", "a"]


@pytest.mark.parametrize("name", ["HOST", "PORT", "UDS", "CONFIG", "HELP", "API_KEY", "MIDDLEWARE", "ROOT_PATH"])
def test_common_names_are_not_read(name: str) -> None:
    assert Variables({name: "1"}).read(CATALOGUE, {}) == Reading()


@pytest.mark.parametrize(
    "name", ["LOG_LEVEL", "SSL_CERTFILE", "MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "NNODES", "HF_TOKEN", "HEADLESS"]
)
def test_more_common_names_are_not_read(name: str) -> None:
    assert Variables({name: "1"}).read(CATALOGUE, {}) == Reading()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MAX_MODEL_LENGHT", None),
        ("MAX_MODLE_LEN", "MAX_MODEL_LEN"),
        ("MODEL_NAMES", "MODEL_NAME"),
        ("TENSOR_PARALEL_SIZE", "TENSOR_PARALLEL_SIZE"),
        ("DRAGOMAN_PROT", "DRAGOMAN_PORT"),
        ("SED", None),
        ("HOME", None),
    ],
)
def test_slips(name: str, meant: str | None) -> None:
    warnings = Variables({name: "1"}).read(CATALOGUE, {}).warnings
    assert warnings == ((f"variable {name} sets nothing; did you mean {meant}?",) if meant else ())


def test_an_empty_variable_is_unset_and_no_slip() -> None:
    assert Variables({"MODEL_REVISION": " "}).read(CATALOGUE, {}).warnings == ()


def test_slips_of_names_that_other_sources_read() -> None:
    variables = Variables({"VLLM_EXTRA_ARG": "--seed 1", "VLLM_EXTRA_ARGS": ""}, others=["VLLM_EXTRA_ARGS"])
    assert variables.read(CATALOGUE, {}).warnings == (
        "variable VLLM_EXTRA_ARG sets nothing; did you mean VLLM_EXTRA_ARGS?",
    )


def test_config_file(tmp_path: Path) -> None:
    path = tmp_path / "vllm.yaml"
    text = """\
# a comment
model: org/name
max-model-len: 4096
max_num_seqs: 8
no-enable-prefix-caching: true
served-model-name: [a, b]
allowed-media-domains: "a b"
compilation-config:
  mode: 3
"""
    assert read_file(path, text) == Reading(
        (
            Assignment("model", "org/name", f"{path} line 2"),
            Assignment("max_model_len", 4096, f"{path} line 3"),
            Assignment("max_num_seqs", 8, f"{path} line 4"),
            Assignment("enable_prefix_caching", False, f"{path} line 5"),
            Assignment("served_model_name", ["a", "b"], f"{path} line 6"),
            Assignment("allowed_media_domains", ["a b"], f"{path} line 7"),
            Assignment("compilation_config", {"mode": 3}, f"{path} line 8"),
        )
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("max-modle-len: 1", "max-modle-len is not a flag of the worker or of vLLM; did you mean max-model-len?"),
        ("- a list", "it is not a mapping of flags to values"),
        ("config: other.yaml", "config: 'other.yaml' cannot be read from another such file"),
        ("a: [", "cannot be read: while parsing a flow"),
        ("a: !!python/object:os.system {}", "could not determine a constructor"),
        ("? {api-key: secret}\n: 1", "cannot be read: the key in line 1 is not a name"),
        ("\0", "cannot be read: unacceptable character"),
        ("a: " + "[" * 100_000, "cannot be read: it is nested too deeply"),
    ],
)
def test_wrong_config_files(tmp_path: Path, text: str, error: str) -> None:
    (problem,) = read_file(tmp_path / "vllm.yaml", text).errors
    assert error in problem
    assert "\n" not in problem


def test_a_config_file_that_is_not_there(tmp_path: Path) -> None:
    reading = ConfigFile().read(CATALOGUE, {"config": Settled(str(tmp_path / "no.yaml"), "command line")})
    (problem,) = reading.errors
    assert problem.startswith(f"config: '{tmp_path}/no.yaml' cannot be read: No such file")


def test_a_config_file_that_never_ends() -> None:
    (problem,) = ConfigFile().read(CATALOGUE, {"config": Settled("/dev/zero", "command line")}).errors
    assert problem == "config: '/dev/zero' cannot be read: it is not a file (command line)"


def test_an_empty_config_file(tmp_path: Path) -> None:
    assert read_file(tmp_path / "empty.yaml", "") == Reading()


def test_no_config_file() -> None:
    assert ConfigFile().read(CATALOGUE, {}) == Reading()


def test_defaults_see_what_is_above() -> None:
    def rule(above: object) -> Sequence[Assignment]:
        return [Assignment("seed", 1, f"because of {above}")]

    assert Defaults(rule).read(CATALOGUE, {}).assignments == (Assignment("seed", 1, "because of {}"),)
